package tfprovider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"raff/client"
)

// report adds what went wrong; doing completes "Could not …". A refusal that names a field points at the argument of
// the same name.
func report(diags *diag.Diagnostics, doing string, err error) {
	summary := "Could not " + doing
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		diags.AddError(summary, err.Error())
		return
	}
	detail := explain(e)
	if e.Field == "" || strings.ContainsAny(e.Field, ".[") {
		diags.AddError(summary, detail)
		return
	}
	diags.AddAttributeError(path.Root(e.Field), summary, detail)
}

func explain(e *client.Error) string {
	var b strings.Builder
	b.WriteString(e.Message)
	if client.IsUnauthenticated(e) {
		b.WriteString("\n\nThe server does not accept the API key in RAFF_API_KEY or in the provider block: it may be mistyped, expired, inactive or revoked.")
	}
	for _, h := range e.Holders {
		fmt.Fprintf(&b, "\n  - %s (%s, member %s)", nameOr(h.Name, h.Email), strings.ReplaceAll(h.PrincipalType, "_", " "), h.MemberID)
	}
	if more := e.HolderCount - len(e.Holders); more > 0 && len(e.Holders) > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, "\n\nStatus %d, request %s.", e.StatusCode, e.RequestID)
	}
	return b.String()
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
