package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"
)

// jqFlag is --jq: a jq program that filters JSON output, so that scripts do not need jq.
type jqFlag struct {
	text    string
	program *gojq.Code // nil until the flag is checked, and without the flag
}

// check compiles the program before anything is sent. The output is then the input of the program, JSON.
func (j *jqFlag) check(cmd *cobra.Command, output *choice) error {
	if !cmd.Flags().Changed("jq") {
		return nil
	}
	if cmd.Flags().Changed("output") && output.value != "json" {
		return usageError{"--jq filters JSON. Leave out --output, or use -o json."}
	}
	if only := cmd.Flags().Lookup("secret-only"); only != nil && only.Changed {
		return usageError{"Use only one of --secret-only and --jq."}
	}
	if strings.TrimSpace(j.text) == "" {
		return usageError{"--jq is empty; a variable of the script may be unset."}
	}
	query, err := gojq.Parse(j.text)
	if err == nil {
		j.program, err = gojq.Compile(query)
	}
	if err != nil {
		return usageError{fmt.Sprintf("--jq %q is not a jq expression: %v. Example: --jq '.[].email'", j.text, err)}
	}
	output.value = "json"
	return nil
}

// run runs the program on a JSON document. Results that are strings are one line each, without quotes; others are one
// line of JSON.
func (j *jqFlag) run(ctx context.Context, document []byte) ([]byte, error) {
	var in any
	if err := json.Unmarshal(document, &in); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	results := j.program.RunWithContext(ctx, in)
	for {
		v, more := results.Next()
		if !more {
			return out.Bytes(), nil
		}
		if err, failed := v.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return out.Bytes(), nil
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("--jq %q failed: %w", j.text, err)
		}
		if text, ok := v.(string); ok {
			out.WriteString(text + "\n")
			continue
		}
		b, err := gojq.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("--jq %q: %w", j.text, err)
		}
		out.Write(append(b, '\n'))
	}
}
