package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"raff/internal/rafftest"
)

// Features that the installed Terraform does not support are tested through the provider protocol.

// protocol is the provider as Terraform sees it: configured for one server, with one key.
type protocol struct {
	tfprotov6.ProviderServer
	t       *testing.T
	schemas *tfprotov6.GetProviderSchemaResponse
}

func speak(t *testing.T, srv *rafftest.Server) *protocol {
	t.Helper()
	p := &protocol{ProviderServer: providerserver.NewProtocol6(&raffProvider{version: "test", few: fewReads, clock: srv.Now})(), t: t}
	var err error
	if p.schemas, err = p.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	p.clean(p.schemas.Diagnostics)
	res, err := p.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: p.config(p.schemas.Provider, map[string]string{"api_url": srv.URL, "api_key": srv.Key}),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.clean(res.Diagnostics)
	return p
}

func (p *protocol) clean(diags []*tfprotov6.Diagnostic) {
	p.t.Helper()
	for _, d := range diags {
		p.t.Fatalf("%s: %s\n%s", d.Severity, d.Summary, d.Detail)
	}
}

// config returns a configuration with these arguments; the others are null.
func (p *protocol) config(schema *tfprotov6.Schema, arguments map[string]string) *tfprotov6.DynamicValue {
	p.t.Helper()
	object := schema.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, typ := range object.AttributeTypes {
		values[name] = tftypes.NewValue(typ, nil)
		if v, ok := arguments[name]; ok {
			values[name] = tftypes.NewValue(typ, v)
		}
	}
	return p.encode(tftypes.NewValue(object, values))
}

func (p *protocol) encode(v tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	dv, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		p.t.Fatal(err)
	}
	return &dv
}

func (p *protocol) decode(dv *tfprotov6.DynamicValue, typ tftypes.Type) tftypes.Value {
	p.t.Helper()
	v, err := dv.Unmarshal(typ)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// text returns an attribute of an object as text.
func text(t *testing.T, object tftypes.Value, name string) (s string) {
	t.Helper()
	var attributes map[string]tftypes.Value
	if err := object.As(&attributes); err != nil {
		t.Fatal(err)
	}
	if err := attributes[name].As(&s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

var identityType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String}}

// list lists all objects of a type.
func (p *protocol) list(typeName string, limit int64, arguments map[string]string) (found []tfprotov6.ListResourceResult) {
	p.t.Helper()
	stream, err := p.ProviderServer.(tfprotov6.ListResourceServer).ListResource(p.t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, IncludeResource: true, Limit: limit, Config: p.config(p.schemas.ListResourceSchemas[typeName], arguments),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for r := range stream.Results {
		p.clean(r.Diagnostics)
		found = append(found, r)
	}
	return found
}

// importByIdentity imports the object with the identity and reads it.
func (p *protocol) importByIdentity(typeName string, identity *tfprotov6.ResourceIdentityData) tftypes.Value {
	p.t.Helper()
	imported, err := p.ImportResourceState(p.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: identity})
	if err != nil {
		p.t.Fatal(err)
	}
	p.clean(imported.Diagnostics)
	one := imported.ImportedResources[0]
	read, err := p.ReadResource(p.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: one.State, Private: one.Private, CurrentIdentity: one.Identity,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.clean(read.Diagnostics)
	return p.decode(read.NewState, p.schemas.ResourceSchemas[typeName].ValueType())
}

// Listed objects equal the objects imported by their identity.
func TestLists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	_, alice := srv.NewMember(t, "alice@example.com", "Alice", basic)
	srv.Invite(t, "bob@example.com", basic)
	web := newProject(t, srv, "Web")
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": alice, "role_id": viewer}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/invitations", srv.Key, map[string]string{"email": "bob@example.com", "role_id": viewer}).Want(t, 201)
	srv.NewKeyID(t, "reports", basic)
	srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Auditor", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201)
	p := speak(t, srv)
	for _, c := range []struct {
		typeName  string
		arguments map[string]string
		want      []string
	}{
		{"raff_member", nil, []string{"owner@example.com, Owner", "Owner key, Owner", "Alice, Member", "bob@example.com, Member", "reports, Member"}},
		{"raff_member", map[string]string{"status": "pending"}, []string{"bob@example.com, Member"}},
		{"raff_member", map[string]string{"principal_type": "api_key", "role_id": basic}, []string{"reports, Member"}},
		{"raff_project_member", map[string]string{"project_id": web}, []string{"Alice, Viewer", "bob@example.com, Viewer"}},
		{"raff_role", nil, []string{"Auditor"}},
		{"raff_role", map[string]string{"scope": "project"}, nil},
		{"raff_api_key", nil, []string{"Owner key (", "reports ("}},
		{"raff_project", nil, []string{"Default", "Web"}},
	} {
		found := p.list(c.typeName, 0, c.arguments)
		if len(found) != len(c.want) {
			t.Fatalf("%s %v: %d found, want %d", c.typeName, c.arguments, len(found), len(c.want))
		}
		for i, r := range found {
			if !strings.HasPrefix(r.DisplayName, c.want[i]) {
				t.Errorf("%s %v: %q, want %q", c.typeName, c.arguments, r.DisplayName, c.want[i])
			}
			listed := p.decode(r.Resource, p.schemas.ResourceSchemas[c.typeName].ValueType())
			if id := text(t, p.decode(r.Identity.IdentityData, identityType), "id"); id != text(t, listed, "id") {
				t.Errorf("%s: identity %s, id %s", r.DisplayName, id, text(t, listed, "id"))
			}
			read := p.importByIdentity(c.typeName, r.Identity)
			if diff, err := listed.Diff(read); err != nil || len(diff) != 0 {
				t.Errorf("%s: listed and imported differ: %v, %v", r.DisplayName, diff, err)
			}
		}
	}
	if n := len(p.list("raff_member", 2, nil)); n != 2 {
		t.Errorf("%d members with a limit of 2", n)
	}
}

// act invokes an action and returns its progress messages and diagnostics.
func (p *protocol) act(typeName string, arguments map[string]string) (progress []string, diags []*tfprotov6.Diagnostic) {
	p.t.Helper()
	actions := p.ProviderServer.(tfprotov6.ActionServer)
	config := p.config(p.schemas.ActionSchemas[typeName].Schema, arguments)
	checked, err := actions.ValidateActionConfig(p.t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: typeName, Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(checked.Diagnostics) > 0 {
		return nil, checked.Diagnostics
	}
	plan, err := actions.PlanAction(p.t.Context(), &tfprotov6.PlanActionRequest{ActionType: typeName, Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	p.clean(plan.Diagnostics)
	stream, err := actions.InvokeAction(p.t.Context(), &tfprotov6.InvokeActionRequest{ActionType: typeName, Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	for e := range stream.Events {
		switch e := e.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, e.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diags = append(diags, e.Diagnostics...)
		}
	}
	return progress, diags
}

func TestActionResend(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	web := newProject(t, srv, "Web")
	bob := srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member"))
	inv := srv.Do(t, "POST", "/api/v1/projects/"+web+"/invitations", srv.Key, map[string]string{
		"email": "carol@example.com", "role_id": srv.RoleID(t, "project", "viewer"),
	}).Want(t, 201).Data(t)
	old := srv.Token(t, bob)
	p := speak(t, srv)
	srv.Advance(8 * day)
	for _, c := range []struct {
		arguments map[string]string
		says      string
	}{
		{map[string]string{"member_id": bob}, "Invited bob@example.com again"},
		{map[string]string{"member_id": web + "/" + inv["member_id"].(string)}, "Invited carol@example.com again"},
		{map[string]string{"invitation_id": inv["id"].(string)}, "Invited carol@example.com again"},
	} {
		progress, diags := p.act("raff_invitation_resend", c.arguments)
		p.clean(diags)
		if len(progress) != 1 || !strings.HasPrefix(progress[0], c.says) {
			t.Errorf("%v: %q, want %q", c.arguments, progress, c.says)
		}
	}
	srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]string{"token": old, "name": "Bob", "password": rafftest.Password}).Want(t, 410)
	srv.Accept(t, bob, "Bob")
	for words, arguments := range map[string]map[string]string{
		"bob@example.com has no invitation":                  {"member_id": bob},
		"Could not find the member":                          {"member_id": srv.KeyID},
		"Exactly one of these attributes must be configured": {},
		"Could not resend the invitation":                    {"invitation_id": srv.KeyID},
	} {
		_, diags := p.act("raff_invitation_resend", arguments)
		if got := fmt.Sprint(complaints(diags)); !strings.Contains(got, words) {
			t.Errorf("%v: %s, want %s", arguments, got, words)
		}
	}
}

func complaints(diags []*tfprotov6.Diagnostic) (out []string) {
	for _, d := range diags {
		out = append(out, d.Summary+": "+d.Detail)
	}
	return out
}

// A long run renews its key, and closing revokes it, even if it was already revoked.
func TestEphemeralKeyIsRenewed(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	p := speak(t, srv)
	schema := p.schemas.EphemeralResourceSchemas["raff_api_key"]
	open, err := p.OpenEphemeralResource(t.Context(), &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: "raff_api_key", Config: p.config(schema, map[string]string{"name": "deploy", "lifetime": "10m"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.clean(open.Diagnostics)
	key := p.decode(open.Result, schema.ValueType())
	id, secret := text(t, key, "id"), text(t, key, "secret")
	expires := func() string {
		return srv.Do(t, "GET", "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, 200).Data(t)["expires_at"].(string)
	}
	first := expires()
	if left := open.RenewAt.Sub(srv.Now()); left <= 0 || left > 5*60e9 {
		t.Errorf("renewed in %v", left)
	}
	srv.Advance(5 * 60e9)
	renewed, err := p.RenewEphemeralResource(t.Context(), &tfprotov6.RenewEphemeralResourceRequest{TypeName: "raff_api_key", Private: open.Private})
	if err != nil {
		t.Fatal(err)
	}
	p.clean(renewed.Diagnostics)
	if expires() == first || !renewed.RenewAt.After(open.RenewAt) {
		t.Errorf("not renewed: expires %s, next renewal at %s", first, renewed.RenewAt)
	}
	srv.Do(t, "GET", "/api/v1/whoami", secret, nil).Want(t, 200)
	for range 2 {
		closed, err := p.CloseEphemeralResource(t.Context(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: "raff_api_key", Private: open.Private})
		if err != nil {
			t.Fatal(err)
		}
		p.clean(closed.Diagnostics)
	}
	srv.Do(t, "GET", "/api/v1/whoami", secret, nil).Want(t, 401)
}
