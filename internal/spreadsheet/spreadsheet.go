// Package spreadsheet keeps spreadsheet programs from executing text that users entered. Spreadsheets treat a CSV cell
// that begins with certain characters as a formula, and a formula can send the rest of the sheet to another server.
package spreadsheet

import "strings"

// starts are the characters that can begin a formula. Programs skip the last two and look at what follows.
const starts = "=+-@\t\r"

// Guard returns the cell with an apostrophe before it if a spreadsheet would treat it as a formula. Unguard reverses it
// exactly: a cell that already begins with apostrophes followed by one of these characters gets one more.
func Guard(cell string) string {
	if formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Unguard returns the cell that Guard was given.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func formula(text string) bool { return text != "" && strings.IndexByte(starts, text[0]) >= 0 }
