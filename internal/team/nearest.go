package team

// Nearest is the name most like the given one, for a "did you mean"; "" when none is alike in half of its letters.
func Nearest(name string, of []string) string {
	best, least := "", 1<<30
	for _, o := range of {
		if len(name) > 2*len(o) {
			continue // so much would have to go that it is not alike; a stranger's name may be very long
		}
		if d := distance(name, o); d < least && d <= max(len(name), len(o))/2 {
			best, least = o, d
		}
	}
	return best
}
