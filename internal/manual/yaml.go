package manual

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// yamlNode is a value in a YAML document. Everything of a value that does not exist is empty.
type yamlNode struct{ n *yaml.Node }

// yamlPair is an entry of a mapping.
type yamlPair struct {
	key   string
	value yamlNode
}

func (y yamlNode) ok() bool { return y.n != nil }

func (y yamlNode) pairs() (all []yamlPair) {
	if y.n == nil || y.n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(y.n.Content); i += 2 {
		all = append(all, yamlPair{y.n.Content[i].Value, yamlNode{y.n.Content[i+1]}})
	}
	return all
}

func (y yamlNode) get(key string) yamlNode {
	for _, p := range y.pairs() {
		if p.key == key {
			return p.value
		}
	}
	return yamlNode{}
}

func (y yamlNode) list() (all []yamlNode) {
	if y.n == nil || y.n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, c := range y.n.Content {
		all = append(all, yamlNode{c})
	}
	return all
}

// str is a scalar as text.
func (y yamlNode) str() string {
	if y.n == nil || y.n.Kind != yaml.ScalarNode {
		return ""
	}
	return y.n.Value
}

func (y yamlNode) text(key string) string { return strings.TrimSpace(y.get(key).str()) }
