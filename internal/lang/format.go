package lang

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// format is how a language writes numbers, dates and lists.
type format struct {
	tag       language.Tag
	thousands string
	// Layouts of package time. Months and weekdays are those of English, and are translated.
	day, longDay, moment string
	months, shortMonths  []string
	weekdays             []string
	and, or              string // between the last two of a list
	comma                string // before them, in a list of more than two
	open, close          string // quotation marks
	// zones are abbreviations of time zones that the language writes differently.
	zones map[string]string
}

// forms are the names of plural forms in CLDR.
var forms = map[plural.Form]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}

// form is the plural form for n, by the rules of CLDR.
func (f *format) form(n int) string {
	return forms[plural.Cardinal.MatchPlural(f.tag, n, 0, 0, 0, 0)]
}

// Number formats n with thousands separators.
func (l *Language) Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + l.format.thousands + s[i:]
	}
	return s
}

// Day is a short date, such as "2 Jan 2006", in the zone of t.
func (l *Language) Day(t time.Time) string { return l.format.time(t, l.format.day) }

// LongDay is a date with its weekday, such as "Monday, 2 January 2006".
func (l *Language) LongDay(t time.Time) string { return l.format.time(t, l.format.longDay) }

// Moment is a date with the time of day and the zone, such as "Monday, 2 January 2006, 15:04 UTC".
func (l *Language) Moment(t time.Time) string { return l.format.time(t, l.format.moment) }

// time formats t. The names of months, weekdays and zones are put in place of marks that no layout of package time has.
func (f *format) time(t time.Time, layout string) string {
	if f.months == nil {
		return t.Format(layout)
	}
	zone, _ := t.Zone()
	if own, ok := f.zones[zone]; ok {
		zone = own
	}
	return strings.NewReplacer(
		"<month>", f.months[t.Month()-1], "<mon>", f.shortMonths[t.Month()-1], "<weekday>", f.weekdays[t.Weekday()], "<zone>", zone,
	).Replace(t.Format(layout))
}

// And joins words: "A", "A and B", "A, B and C".
func (l *Language) And(words []string) string { return l.format.join(words, l.format.and) }

// Or joins words: "A", "A or B", "A, B or C".
func (l *Language) Or(words []string) string { return l.format.join(words, l.format.or) }

func (f *format) join(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], f.comma) + last + words[n]
}

// Quote puts a text into quotation marks.
func (l *Language) Quote(text string) string { return l.format.open + text + l.format.close }
