// Package spreadsheet keeps spreadsheet programs from running what people wrote. A cell of a CSV file that begins with
// one of a few characters is a formula to them, and a formula can send the rest of the sheet to another server.
package spreadsheet

import "strings"

// starts are the characters with which a formula can begin. Programs skip the last two and look at what follows.
const starts = "=+-@\t\r"

// Guard returns the cell with an apostrophe before it if a spreadsheet would take it for a formula. Unguard reverses it
// exactly: a cell that already begins with apostrophes and then one of these characters gets one more.
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
