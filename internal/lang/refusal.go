package lang

import (
	"fmt"
	"regexp"
	"strings"
)

// verb matches a verb of fmt in a message whose placeholders are verbs.
var verb = regexp.MustCompile(`%(?:\[\d+\])?[a-zA-Z]`)

// Sprintf is fmt.Sprintf for a message whose placeholders are verbs, as in the errors of the domain. A translation that uses the values
// in another order has explicit indexes: "%[2]s".
func (l *Language) Sprintf(text string, values ...any) string {
	if m := l.messages[Text(text)]; m != nil {
		var b strings.Builder
		for _, p := range m.other() {
			b.WriteString(p.Literal)
		}
		text = b.String()
	}
	if l.dress != nil {
		var b strings.Builder
		b.WriteString(Open)
		from := 0
		for _, at := range verb.FindAllStringIndex(text, -1) {
			b.WriteString(l.dress(text[from:at[0]]) + text[at[0]:at[1]])
			from = at[1]
		}
		b.WriteString(l.dress(text[from:]) + Close)
		text = b.String()
	}
	if !strings.Contains(text, "%[") {
		values = values[:min(len(values), strings.Count(text, "%"))]
	}
	return fmt.Sprintf(text, values...)
}
