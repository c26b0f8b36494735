package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"

	"raff/api"
	"raff/internal/rest"
)

func (s *server) openAPI(context.Context, *call) (any, error) {
	return rest.Document{ContentType: "application/yaml", Body: api.OpenAPI}, nil
}

func (s *server) openAPIJSON(context.Context, *call) (any, error) {
	b, err := openAPIAsJSON()
	if err != nil {
		return nil, err
	}
	return rest.Document{ContentType: "application/json", Body: b}, nil
}

// openAPIAsJSON is openapi.yaml as JSON, with the same order. It is made on the first request.
var openAPIAsJSON = sync.OnceValues(func() ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(api.OpenAPI, &doc); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	var compact, b bytes.Buffer
	if err := writeJSON(&compact, doc.Content[0]); err != nil {
		return nil, fmt.Errorf("write openapi.json: %w", err)
	}
	if err := json.Indent(&b, compact.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("write openapi.json: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
})

// writeJSON writes a YAML value as JSON. encoding/json would sort the keys.
func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeValue(b, n.Content[i].Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case yaml.AliasNode:
		return writeJSON(b, n.Alias)
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	return writeValue(b, v)
}

func writeValue(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
