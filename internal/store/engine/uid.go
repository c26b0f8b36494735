package engine

// UID is an argument for an id column; empty is NULL. Text that is not a UUID in canonical form is not the id of
// anything: the query then returns team.ErrNotFound without being sent, so that it cannot abort the transaction.
type UID string

// Valid reports whether the text is a UUID in canonical form.
func (u UID) Valid() bool {
	if len(u) != 36 {
		return false
	}
	for i := range len(u) {
		switch c := u[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}
