package permission

import (
	"errors"
	"fmt"
	"strings"
)

// Query is a combination of permissions, such as "vm.view AND (vm.power OR vm.manage)". AND binds stronger than OR.
type Query struct {
	id       ID
	or       bool
	operands []Query // empty: the permission id
}

// maxQuery is the maximum number of characters of a query.
const maxQuery = 1000

// ParseQuery reads a query. Its names are those of permissions or of actions for any type of resource.
func (c *Catalog) ParseQuery(text string) (Query, error) {
	if len(text) > maxQuery {
		return Query{}, fmt.Errorf("the query is longer than %d characters", maxQuery)
	}
	p := queryParser{c, strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))}
	q, err := p.any()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("unexpected %q: combine permissions with AND, OR and parentheses", p.words[0])
	}
	return q, err
}

type queryParser struct {
	c     *Catalog
	words []string
}

func (p *queryParser) next(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *queryParser) any() (Query, error) { return p.list("OR", p.all) }
func (p *queryParser) all() (Query, error) { return p.list("AND", p.one) }

// list reads operands with an operator between them.
func (p *queryParser) list(operator string, operand func() (Query, error)) (Query, error) {
	first, err := operand()
	q := Query{or: operator == "OR", operands: []Query{first}}
	for err == nil && p.next(operator) {
		var more Query
		more, err = operand()
		q.operands = append(q.operands, more)
	}
	if len(q.operands) == 1 {
		return first, err
	}
	return q, err
}

func (p *queryParser) one() (Query, error) {
	if p.next("(") {
		q, err := p.any()
		if err == nil && !p.next(")") {
			err = errors.New("a parenthesis is not closed")
		}
		return q, err
	}
	if len(p.words) == 0 {
		return Query{}, errors.New("the name of a permission is missing")
	}
	name := p.words[0]
	p.words = p.words[1:]
	id, ok := p.c.Action(name, "")
	if !ok {
		return Query{}, fmt.Errorf("unknown permission %q (did you mean %q?)", name, p.c.Nearest(name, ""))
	}
	return Query{id: id}, nil
}

// Holds reports whether the query holds, given which permissions someone has.
func (q Query) Holds(has func(ID) bool) bool {
	if len(q.operands) == 0 {
		return has(q.id)
	}
	for _, o := range q.operands {
		if o.Holds(has) == q.or {
			return q.or
		}
	}
	return !q.or
}
