package tfprovider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"raff/api/client"
)

// report adds an error; doing completes "Could not …". A refusal that names a field points to the argument of the same
// name.
func (s *session) report(ctx context.Context, diags *diag.Diagnostics, doing string, err error) {
	summary := "Could not " + doing
	if e, ok := errors.AsType[*changedMeanwhile](err); ok {
		e.tell(diags)
		return
	}
	if c, ok := s.causeOf(err); ok {
		s.tell(ctx, diags, c, diag.NewErrorDiagnostic(summary, c.text()))
		return
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		diags.AddError(summary, strings.TrimSuffix(sentenceOf(err.Error()), ".")+".")
		return
	}
	detail := s.explain(ctx, e)
	if e.Permission != "" {
		s.tell(ctx, diags, cause{id: "permission " + e.Permission, short: "the API key lacks the permission " + e.Permission}, diag.NewErrorDiagnostic(summary, detail))
		return
	}
	if e.Field == "" || strings.ContainsAny(e.Field, ".[") {
		diags.AddError(summary, detail)
		return
	}
	diags.AddAttributeError(path.Root(e.Field), summary, detail)
}

func (s *session) explain(ctx context.Context, e *client.Error) string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Permission != "" {
		b.WriteString(s.whoMay(ctx, e.Permission))
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

// whoMay says which API key is used, and which system roles have the missing permission. A key that may not see roles
// gets only the first part.
func (s *session) whoMay(ctx context.Context, permission string) string {
	var b strings.Builder
	if me, err := s.whoami.get(ctx); err == nil {
		role := "no role in the account"
		if me.Role != nil {
			role = "the role " + me.Role.Name
		}
		fmt.Fprintf(&b, "\n\nThe provider uses the API key %q, which has %s.", me.Principal.Name, role)
	}
	var having []string
	roles, _ := s.roles.get(ctx) // without roles, only the permission is named
	for _, r := range roles {
		if r.IsSystem && slices.Contains(r.Permissions, permission) {
			having = append(having, r.Name)
		}
	}
	if len(having) > 0 {
		fmt.Fprintf(&b, " System roles with %s: %s.", permission, strings.Join(having, ", "))
	}
	return b.String()
}

// importBlock is the import block to paste to manage an existing object.
func importBlock(typeName, id string) string {
	return fmt.Sprintf(`

To manage it here, add this import block, with the name of the resource instead of NAME, and run the plan again:

  import {
    to = %s.NAME
    id = %q
  }`, typeName, id)
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
