package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// outputFlag adds the flag for the format of a command's output.
func outputFlag(c *cobra.Command, output *string) {
	c.Flags().StringVarP(output, "output", "o", "text", "text or json")
}

func checkOutput(output string) error {
	if output != "text" && output != "json" {
		return usage{errors.New("--output must be text or json")}
	}
	return nil
}

// printed writes what a command created, for people or as JSON.
func printed(w io.Writer, v interface{ Print(w io.Writer) error }, output string) error {
	if output == "text" {
		return v.Print(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
