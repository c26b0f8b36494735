package lang

import (
	"strings"

	"golang.org/x/text/language"
)

// English is the language of messages without a translation.
var English = &Language{Tag: "en", Name: "English", format: englishFormat}

// German addresses people as Sie.
var German = &Language{Tag: "de", Name: "Deutsch", messages: read("de", &germanFormat), format: germanFormat}

var englishFormat = format{
	tag: language.English, thousands: ",", day: "2 Jan 2006", longDay: "Monday, 2 January 2006", moment: "Monday, 2 January 2006, 15:04 MST",
	and: " and ", or: " or ", comma: ", ", open: "“", close: "”",
}

var germanFormat = format{
	tag: language.German, thousands: ".", day: "2. <mon> 2006", longDay: "<weekday>, 2. <month> 2006", moment: "<weekday>, 2. <month> 2006, 15:04 <zone>",
	months:      strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
	shortMonths: strings.Fields("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
	weekdays:    strings.Fields("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag"),
	and:         " und ", or: " oder ", comma: ", ", open: "„", close: "“",
	zones: map[string]string{"CET": "MEZ", "CEST": "MESZ"},
}

// Offered are the languages that people can choose.
var Offered = []*Language{English, German}

// Known returns the language with this tag, or nil.
func Known(tag string) *Language {
	for _, l := range Offered {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// longest is how much of an Accept-Language header is read.
const longest = 256

// Accepted returns the language that a browser asks for in an Accept-Language header: of the offered ones, that with the highest
// quality, whatever its region; or nil. The pseudo-languages are meant only if the header is nothing but their tag.
func Accepted(header string) *Language {
	switch header {
	case "":
		return nil
	case Longer.Tag:
		return Longer
	case Mirrored.Tag:
		return Mirrored
	}
	tags, qualities, err := language.ParseAcceptLanguage(header[:min(len(header), longest)])
	if err != nil {
		return nil
	}
	for i, tag := range tags { // the highest quality comes first
		base, _ := tag.Base()
		if l := Known(base.String()); l != nil && qualities[i] > 0 {
			return l
		}
	}
	return nil
}
