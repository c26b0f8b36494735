package permission

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Part is the part of a request for a decision that has a property.
type Part string

// The parts of a request.
const (
	PartSubject  Part = "subject"
	PartAction   Part = "action"
	PartResource Part = "resource"
)

// Condition is a condition of a permission on the properties in a request for a decision. It holds if any of its tests
// holds.
type Condition struct{ Any []Test }

// Test compares one property with constants, or with a fact about the subject. Exactly one of Is, IsNot and SameAs is
// set. A request without the property fails Is and SameAs, and passes IsNot.
type Test struct {
	Part      Part
	Name      string
	Is, IsNot []Value `json:",omitempty"`
	SameAs    string  `json:",omitempty"`
}

// SubjectEmail is the value of Test.SameAs for the subject's canonical email.
const SubjectEmail = "subject.email"

// Value is a string, number or boolean in a form that can be compared; the zero value stands for an absent property.
type Value string

// Text is the value of a text.
func Text(s string) Value { return Value("s" + s) }

// Number is the value of a number.
func Number(f float64) Value { return Value("n" + strconv.FormatFloat(f, 'g', -1, 64)) }

// Bool is the value of a boolean.
func Bool(b bool) Value { return Value("b" + strconv.FormatBool(b)) }

// Facts are what conditions compare: the properties in the request, and what the database says about the subject.
type Facts interface {
	// Property returns a property of the request; the zero Value if it is absent or not a scalar.
	Property(of Part, name string) Value
	// SubjectEmail returns the subject's canonical email.
	SubjectEmail() string
}

// Holds reports whether the condition holds. role is the slug of the role that grants the permission: the property role
// of a subject for which the request has none. facts may be nil if the request has no properties.
func (c *Condition) Holds(facts Facts, role string) bool {
	for i := range c.Any {
		if c.Any[i].holds(facts, role) {
			return true
		}
	}
	return false
}

func (t *Test) holds(facts Facts, role string) bool {
	var v Value
	if facts != nil {
		v = facts.Property(t.Part, t.Name)
	}
	if v == "" && t.Part == PartSubject && t.Name == "role" && role != "" {
		for _, w := range t.Is {
			if len(w) == len(role)+1 && w[0] == 's' && string(w[1:]) == role {
				return true
			}
		}
		v = Text(role)
	}
	switch {
	case len(t.IsNot) > 0:
		return !slices.Contains(t.IsNot, v)
	case v == "":
		return false
	case t.SameAs == SubjectEmail:
		return facts != nil && strings.EqualFold(string(v), string(Text(facts.SubjectEmail())))
	}
	return slices.Contains(t.Is, v)
}

func (c *Condition) check() error {
	if len(c.Any) == 0 {
		return errors.New("it must have a property, or a list of tests in any")
	}
	for _, t := range c.Any {
		set := 0
		for _, given := range []bool{len(t.Is) > 0, len(t.IsNot) > 0, t.SameAs != ""} {
			if given {
				set++
			}
		}
		switch {
		case t.Part != PartSubject && t.Part != PartAction && t.Part != PartResource || t.Name == "" || strings.Contains(t.Name, "."):
			return errors.New("property must be subject.properties.NAME, action.properties.NAME or resource.properties.NAME")
		case set != 1:
			return fmt.Errorf("%s.properties.%s needs exactly one of is, is_not and same_as", t.Part, t.Name)
		case t.SameAs != "" && t.SameAs != SubjectEmail:
			return fmt.Errorf("same_as must be %s, not %q", SubjectEmail, t.SameAs)
		}
	}
	return nil
}

// UnmarshalYAML reads one test, or {any: [tests]}.
func (c *Condition) UnmarshalYAML(n *yaml.Node) error {
	var some struct {
		Any []test `yaml:"any"`
	}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		key := n.Content[i]
		if !slices.Contains([]string{"any", "property", "is", "is_not", "same_as"}, key.Value) || key.Value == "any" && len(n.Content) > 2 {
			return fmt.Errorf("line %d: a condition has property and one of is, is_not and same_as; or only any, a list of such tests", key.Line)
		}
	}
	if err := n.Decode(&some); err != nil {
		return err
	}
	if some.Any == nil {
		var one test
		if err := n.Decode(&one); err != nil {
			return err
		}
		some.Any = []test{one}
	}
	for _, t := range some.Any {
		part, name, _ := strings.Cut(t.Property, ".properties.")
		c.Any = append(c.Any, Test{Part: Part(part), Name: name, Is: t.Is, IsNot: t.IsNot, SameAs: t.SameAs})
	}
	return nil
}

type test struct {
	Property string `yaml:"property"`
	Is       values `yaml:"is"`
	IsNot    values `yaml:"is_not"`
	SameAs   string `yaml:"same_as"`
}

// values is a scalar or a list of scalars.
type values []Value

func (v *values) UnmarshalYAML(n *yaml.Node) error {
	all := n.Content
	if n.Kind == yaml.ScalarNode {
		all = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: is and is_not are a string, number or boolean, or a list of them", n.Line)
	}
	for _, item := range all {
		var x any
		if err := item.Decode(&x); err != nil {
			return err
		}
		switch x := x.(type) {
		case string:
			*v = append(*v, Text(x))
		case bool:
			*v = append(*v, Bool(x))
		case int:
			*v = append(*v, Number(float64(x)))
		case float64:
			*v = append(*v, Number(x))
		default:
			return fmt.Errorf("line %d: is and is_not are a string, number or boolean, or a list of them", item.Line)
		}
	}
	return nil
}
