package tfprovider

import (
	"context"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"raff/internal/naming"
)

// normalizeEmail is provider::raff::normalize_email.
type normalizeEmail struct{}

func newNormalizeEmail() function.Function { return normalizeEmail{} }

func (normalizeEmail) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "normalize_email"
}

func (normalizeEmail) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Canonical form of an email",
		MarkdownDescription: "Returns the canonical form of an email address: normalized Unicode (NFC), the local part in lower case, the domain as lower-case ASCII (IDNA). " +
			"Two spellings belong to the same person if and only if their canonical forms are equal. A `+tag` and dots are significant.\n\n" +
			"Use it for the keys of `for_each`, so that `Alice@Example.com` and `alice@example.com` from two lists are the same member.",
		Parameters: []function.Parameter{function.StringParameter{Name: "address", MarkdownDescription: "An email address."}},
		Return:     function.StringReturn{},
	}
}

func (normalizeEmail) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var address string
	if resp.Error = req.Arguments.Get(ctx, &address); resp.Error != nil {
		return
	}
	if !plainAddress(address) {
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("%q is not a single email address such as alice@example.com.", address))
		return
	}
	resp.Error = resp.Result.Set(ctx, naming.CanonicalEmail(address))
}

// permissionMatches is provider::raff::permission_matches.
type permissionMatches struct{}

func newPermissionMatches() function.Function { return permissionMatches{} }

func (permissionMatches) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "permission_matches"
}

func (permissionMatches) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Whether a permission matches a pattern",
		MarkdownDescription: "Reports whether the name of a permission matches any of the patterns. `*` matches any characters, including dots: `vm.*` matches everything about virtual machines, `*.view` all read-only permissions.\n\n" +
			"Use it to create a role from a part of the catalog. The server has no wildcards: permissions that are added to the catalog later appear in the next plan, and are in the role after it is applied.",
		Parameters: []function.Parameter{function.StringParameter{Name: "permission", MarkdownDescription: "Name of a permission."}},
		VariadicParameter: function.StringParameter{
			Name: "patterns", MarkdownDescription: "Patterns. An empty list matches nothing.",
		},
		Return: function.BoolReturn{},
	}
}

func (permissionMatches) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var permission string
	var patterns []string
	if resp.Error = req.Arguments.Get(ctx, &permission, &patterns); resp.Error != nil {
		return
	}
	matches := false
	for i, p := range patterns {
		ok, err := path.Match(p, permission) // path.Match treats slashes specially, but permissions have none
		if err != nil {
			resp.Error = function.NewArgumentFuncError(int64(i+1), fmt.Sprintf("%q is not a pattern such as vm.* or *.view.", p))
			return
		}
		matches = matches || ok
	}
	resp.Error = resp.Result.Set(ctx, matches)
}
