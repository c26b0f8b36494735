package team

// Nearest is the name most like the given one, for a "did you mean"; "" when there are no names.
func Nearest(name string, of []string) string {
	best, least := "", 1<<30
	for _, o := range of {
		if d := distance(name, o); d < least {
			best, least = o, d
		}
	}
	return best
}
