package web

import (
	"raff/internal/lang"
	"raff/internal/team"
)

// overviewView is the page that says who is in the account, and what needs attention.
type overviewView struct {
	People team.Total
	Counts []overviewCount
	Waits  []waiting
	Steps  []step // the first steps of a new account; empty once they are done
}

// overviewCount is a number with what it counts, and the list of it.
type overviewCount struct{ Number, Label, Path string }

// counting is a total with its noun in the plural or singular.
func (v *visit) counting(n team.Total, one lang.One, other lang.Text, path string) overviewCount {
	return overviewCount{ofMany(v.Context(), n), many(v.Context(), n.N, one, other), path}
}

// waiting is something that someone should look at.
type waiting struct{ Text, About, Path string }

// step is one of the first steps of a new account.
type step struct {
	Text lang.Text
	Path string
	Done bool
}

// overviewable says whether the user may see the overview: it is for those who manage members.
func (v *visit) overviewable() permit { return v.ask(v.can.AddMember()) }

// invitable reports whether the user may invite people to the account.
func (v *visit) invitable() bool { return v.ask(v.can.Invite("")).OK }
