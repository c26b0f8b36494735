package cli

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"raff/api"
)

// externalFlags are the flags that set and remove the external ids of an object.
type externalFlags struct{ set, remove []string }

// addExternalFlags adds --external-id and, for a command that changes an object, --remove-external-id.
func addExternalFlags(cmd *cobra.Command, change bool) *externalFlags {
	e := &externalFlags{}
	cmd.Flags().StringArrayVar(&e.set, "external-id", nil, "id in another system, as `source:id`, such as okta:00u1; repeatable")
	noFiles(cmd, "external-id")
	if change {
		cmd.Flags().StringArrayVar(&e.remove, "remove-external-id", nil, "remove the external id of this `source`; repeatable")
		noFiles(cmd, "remove-external-id")
	}
	return e
}

// externalFilter adds --external-id as a filter of a list.
func externalFilter(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "external-id", "", "only the one with this external id, as `source:id`")
	noFiles(cmd, "external-id")
}

// ids returns the external ids of a new object.
func (e *externalFlags) ids() (api.ExternalIDs, error) {
	var ids api.ExternalIDs
	for _, s := range e.set {
		source, id, ok := strings.Cut(strings.TrimPrefix(s, "ext:"), ":")
		if !ok || source == "" || id == "" {
			return nil, usageError{fmt.Sprintf("--external-id %q must have the form source:id, such as okta:00u1.", s)}
		}
		if ids[source] != "" {
			return nil, usageError{fmt.Sprintf("--external-id has two ids of the source %q. An object has one for each source.", source)}
		}
		if ids == nil {
			ids = api.ExternalIDs{}
		}
		ids[source] = id
	}
	return ids, nil
}

// change returns the change of an existing object; nil if there is none.
func (e *externalFlags) change() (*api.ExternalIDChange, error) {
	ids, err := e.ids()
	if err != nil || len(ids)+len(e.remove) == 0 {
		return nil, err
	}
	c := api.ExternalIDChange{}
	for source, id := range ids {
		c[source] = &id
	}
	for _, source := range e.remove {
		if c[source] != nil {
			return nil, usageError{fmt.Sprintf("The external id of the source %q is both set and removed.", source)}
		}
		c[source] = nil
	}
	return &c, nil
}

// externalID returns the SOURCE:ID of an argument that has the form ext:SOURCE:ID, otherwise "".
func externalID(said string) string {
	rest, ok := strings.CutPrefix(said, "ext:")
	if source, id, both := strings.Cut(rest, ":"); ok && both && source != "" && id != "" {
		return rest
	}
	return ""
}

// pickExternal returns the only row of a list that was filtered by an external id.
func pickExternal[T any](rows iter.Seq2[T, error], noun, id string) (T, error) {
	for row, err := range rows {
		return row, err
	}
	var none T
	return none, notFoundError{fmt.Sprintf("There is no %s with the external id %s.", noun, id)}
}

func idsText(ids api.ExternalIDs, between string) string {
	var all []string
	for _, source := range slices.Sorted(maps.Keys(ids)) {
		all = append(all, source+":"+ids[source])
	}
	return strings.Join(all, between)
}
