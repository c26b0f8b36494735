package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"raff/internal/event"
)

// Seals do not cover the texts of an event themselves, because one of them may have to be erased: they cover a commitment to each,
// a hash of the text and a salt that others cannot guess. An event from which a text was erased keeps the commitment; without the
// salt, nobody can find out which text it was. Everything else in an event is covered as it is.

// The slots of an event. Those of the strings in its details begin with SlotDetails, in their order.
const (
	SlotActorName = iota
	SlotTargetName
	SlotAddress
	SlotUserAgent
	SlotDetails
)

// saltSize is the length of a salt, and of the secrets from which salts are derived, in bytes.
const saltSize = 16

type salt [saltSize]byte

// derive returns a secret that follows from another one. It does not tell the other one.
func derive(from salt, purpose string) salt {
	h := sha256.Sum256(append(append(make([]byte, 0, saltSize+len(purpose)), from[:]...), purpose...))
	return salt(h[:saltSize])
}

// slots returns the texts of an event, and its details without them.
func slots(e *event.Event) (texts []string, skeleton string) {
	inside, skeleton := textsOf(e.Details)
	return append([]string{e.ActorName, e.TargetName, e.Address, e.UserAgent}, inside...), skeleton
}

// Texts returns the texts of an event, by slot. Strings in the details are decoded.
func Texts(e *event.Event) []string {
	texts, _ := slots(e)
	for i := SlotDetails; i < len(texts); i++ {
		var plain string
		if json.Unmarshal([]byte(texts[i]), &plain) == nil {
			texts[i] = plain
		}
	}
	return texts
}

// DetailKeys returns the path to each text in the details of an event, like "email.from", in the order of their slots. The
// first one has the slot SlotDetails.
func DetailKeys(e *event.Event) []string {
	var paths []string
	d := json.NewDecoder(strings.NewReader(e.Details))
	var walk func(path string) error
	walk = func(path string) error {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case string:
			paths = append(paths, path)
		case json.Delim:
			for d.More() {
				at := path
				if token == '{' {
					key, err := d.Token()
					if err != nil {
						return err
					}
					at = strings.TrimPrefix(path+"."+fmt.Sprint(key), ".")
				}
				if err := walk(at); err != nil {
					return err
				}
			}
			_, err = d.Token()
			return err
		}
		return nil
	}
	if walk("") != nil {
		return nil
	}
	return paths
}

// textsOf finds the strings in a JSON document, except names of fields, as they are written there. The skeleton is the document with
// an empty string in place of each.
func textsOf(doc string) (texts []string, skeleton string) {
	found := textsAt(doc)
	if len(found) == 0 {
		return nil, doc
	}
	var rest strings.Builder
	from := 0
	for _, at := range found {
		texts = append(texts, doc[at.from:at.to])
		rest.WriteString(doc[from:at.from])
		rest.WriteString(`""`)
		from = at.to
	}
	rest.WriteString(doc[from:])
	return texts, rest.String()
}

// textAt is where a string is in a document.
type textAt struct{ from, to int }

func textsAt(doc string) (found []textAt) {
	for i := 0; i < len(doc); i++ {
		if doc[i] != '"' {
			continue
		}
		end := endOfString(doc, i)
		if next := strings.TrimLeft(doc[end:], " \t\r\n"); !strings.HasPrefix(next, ":") {
			found = append(found, textAt{i, end})
		}
		i = end - 1
	}
	return found
}

// endOfString returns where the string that begins at i ends.
func endOfString(doc string, i int) int {
	for i++; i < len(doc); i++ {
		switch doc[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(doc)
}

// put replaces the text of a slot. The event must have the slot.
func put(e *event.Event, slot int, text string) error {
	switch slot {
	case SlotActorName:
		e.ActorName = text
	case SlotTargetName:
		e.TargetName = text
	case SlotAddress:
		e.Address = ""
	case SlotUserAgent:
		e.UserAgent = ""
	default:
		encoded, err := json.Marshal(text)
		if err != nil {
			return err
		}
		at := textsAt(e.Details)[slot-SlotDetails]
		e.Details = e.Details[:at.from] + string(encoded) + e.Details[at.to:]
	}
	return nil
}

// commitment returns the commitment to the text of a slot.
func commitment(of salt, text string) (c [sha256.Size]byte) {
	if text == "" {
		return c
	}
	return sha256.Sum256(append(append(make([]byte, 0, saltSize+len(text)), of[:]...), text...))
}

// opening is what is known of a slot of an event from which something was erased: the salt of a text that is still there, or the
// commitment to one that was erased, with the pseudonym of its person.
type opening struct {
	Salt       string `json:"s,omitempty"`
	Commitment string `json:"c,omitempty"`
	Person     string `json:"p,omitempty"`
}

func openings(e *event.Event) (all []opening, err error) {
	if e.Openings == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(e.Openings), &all); err != nil {
		return nil, fmt.Errorf("read what was erased from event %s: %w", e.ID, err)
	}
	return all, nil
}

// salting returns the salt of an event, from which those of its slots follow; false if there is none any more.
type salting func(e *event.Event) (salt, bool)

// committed returns the commitments to the texts of an event.
func committed(e *event.Event, texts []string, of salting) ([]byte, error) {
	open, err := openings(e)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(texts)*sha256.Size)
	var whole salt
	known, asked := false, false
	for i, text := range texts {
		var c [sha256.Size]byte
		switch {
		case i < len(open) && open[i].Commitment != "":
			b, err := hex.DecodeString(open[i].Commitment)
			if err != nil || len(b) != len(c) {
				return nil, fmt.Errorf("read what was erased from event %s: %q is not a commitment", e.ID, open[i].Commitment)
			}
			copy(c[:], b)
		case i < len(open) && open[i].Salt != "":
			b, err := hex.DecodeString(open[i].Salt)
			if err != nil || len(b) != saltSize {
				return nil, fmt.Errorf("read what was erased from event %s: the salt of a text is damaged", e.ID)
			}
			c = commitment(salt(b), text)
		case text != "":
			if !asked {
				whole, known = of(e)
				asked = true
			}
			if !known {
				whole = salt{} // the line will not match the seal
			}
			c = commitment(slotSalt(whole, i), text)
		}
		out = append(out, c[:]...)
	}
	return out, nil
}

func slotSalt(whole salt, slot int) salt { return derive(whole, "slot "+strconv.Itoa(slot)) }

// coveredLine returns an event in the form that seals cover, with commitments to its texts.
func coveredLine(e *event.Event, of salting) ([]byte, error) {
	texts, skeleton := slots(e)
	c, err := committed(e, texts, of)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(struct {
		ID         string
		AccountID  string
		At         time.Time
		ActorType  event.ActorType
		ActorID    string
		Action     event.Action
		TargetType string
		TargetID   string
		ProjectID  string
		Delegated  bool
		RequestID  string
		Details    string
		AfterSeal  int
		MAC        []byte
		Texts      []byte
	}{e.ID, e.AccountID, e.At.UTC(), e.ActorType, e.ActorID, e.Action, e.TargetType, e.TargetID, e.ProjectID, e.Delegated, e.RequestID, skeleton, e.AfterSeal, e.MAC, c})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return append(b, '\n'), nil
}
