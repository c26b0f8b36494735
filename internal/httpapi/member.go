package httpapi

import (
	"context"
	"maps"
	"slices"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listMembers(ctx context.Context, c *call) (any, error) {
	f, err := c.memberFilter()
	if err != nil {
		return nil, err
	}
	rows, total, err := s.svc.ListMembers(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	if err := s.lastActive(ctx, c, rows); err != nil {
		return nil, err
	}
	if err := s.inProjects(ctx, c, rows); err != nil {
		return nil, err
	}
	return rest.CountedPage(f.Page, rows, total, s.member, memberCursor), nil
}

func (c *call) memberFilter() (f team.MemberFilter, err error) {
	if f.Page, err = c.Page(defaultLimit); err != nil {
		return f, err
	}
	status, err := c.Choice("status", api.StatusPending, api.StatusActive, api.StatusSuspended)
	if err != nil {
		return f, err
	}
	kind, err := c.Choice("principal_type", api.PrincipalUser, api.PrincipalAPIKey, api.PrincipalInvitation)
	if err != nil {
		return f, err
	}
	if f.ExternalID, err = c.ExternalID(); err != nil {
		return f, err
	}
	f.RoleID, err = c.UUID("role_id")
	f.Status, f.PrincipalType = team.Status(status), team.PrincipalType(kind)
	f.Email, f.Query = c.Query.Get("email"), c.Query.Get("q")
	return f, err
}

func memberCursor(m *team.Member) team.Cursor { return team.Cursor{At: m.CreatedAt, ID: m.ID} }

func (s *server) addMember(ctx context.Context, c *call) (any, error) {
	var b api.AddMemberRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n, err := newMember("", b)
	if err != nil {
		return nil, err
	}
	m, err := s.svc.AddMember(ctx, c.who, n)
	return rest.One(s.member(&m)), err
}

func newMember(projectID string, b api.AddMemberRequest) (team.NewMember, error) {
	n := team.NewMember{ProjectID: projectID, Email: b.Email, UserID: b.TargetUserID, APIKeyID: b.APIKeyID, ExternalIDs: team.ExternalIDs(b.ExternalIDs)}
	if _, err := rest.UUIDOf("target_user_id", b.TargetUserID); err != nil {
		return n, err
	}
	if _, err := rest.UUIDOf("api_key_id", b.APIKeyID); err != nil {
		return n, err
	}
	if b.Name != nil {
		n.Name = *b.Name
	}
	n.SkipExisting = b.SkipExisting != nil && *b.SkipExisting
	for _, pr := range b.Projects {
		project, err := rest.UUIDOf("projects.project_id", pr.ProjectID)
		if err != nil {
			return n, err
		}
		role, err := rest.UUIDOf("projects.role_id", pr.RoleID)
		if err != nil {
			return n, err
		}
		n.Projects = append(n.Projects, team.ProjectRole{ProjectID: project, RoleID: role})
	}
	var err error
	n.RoleID, err = rest.UUIDOf("role_id", b.RoleID)
	return n, err
}

func (s *server) getMember(ctx context.Context, c *call) (any, error) {
	m, err := s.svc.GetMember(ctx, c.who, "", c.PathID("id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &m)
	}
	rows := []team.Member{m}
	if err == nil {
		err = s.lastActive(ctx, c, rows)
	}
	if err == nil {
		err = s.inProjects(ctx, c, rows)
	}
	return rest.One(s.member(&rows[0])), err
}

// lastActive sets when the members were last active, if the request asks for it: it costs a statement.
func (s *server) lastActive(ctx context.Context, c *call, rows []team.Member) error {
	asked, err := c.Choice("last_active", "true", "false")
	if err != nil || asked != "true" {
		return err
	}
	return s.svc.LastActive(ctx, c.who, rows)
}

// inProjects adds the project memberships of the members, if the request asks for them: it costs a statement.
func (s *server) inProjects(ctx context.Context, c *call, rows []team.Member) error {
	asked, err := c.Choice("projects", "true", "false")
	if err != nil || asked != "true" {
		return err
	}
	return s.svc.InProjects(ctx, c.who, rows)
}

func (s *server) updateMember(ctx context.Context, c *call) (any, error) {
	change, err := c.memberChange()
	if err != nil {
		return nil, err
	}
	m, err := s.svc.UpdateMember(ctx, c.who, "", c.PathID("id"), change)
	return rest.One(s.member(&m)), err
}

func (c *call) memberChange() (change team.MemberChange, err error) {
	var b api.UpdateMemberRequest
	if err := c.Decode(&b); err != nil {
		return change, err
	}
	if b.Status != nil {
		status := team.Status(*b.Status)
		change.Status = &status
	}
	change.RoleID, change.KeepKeys = b.RoleID, b.KeepKeys != nil && *b.KeepKeys
	change.ExternalIDs = changeOf(b.ExternalIDs)
	if change.Base, err = c.base(b.UpdatedAt); err != nil {
		return change, err
	}
	_, err = rest.UUIDOf("role_id", b.RoleID)
	return change, err
}

func (s *server) removeMember(ctx context.Context, c *call) (any, error) {
	o, err := c.removal()
	if err != nil {
		return nil, err
	}
	gone, err := s.svc.RemoveMember(ctx, c.who, "", c.PathID("id"), o)
	return removed(gone), err
}

func (c *call) removal() (o team.Removal, err error) {
	keep, err := c.Choice("keep_keys", "true", "false")
	if err != nil {
		return o, err
	}
	o.KeepKeys = keep == "true"
	o.Base, err = c.base(nil)
	return o, err
}

func keyRefs(keys []team.HeldKey) (refs []api.APIKeyRef) {
	for _, k := range keys {
		refs = append(refs, api.APIKeyRef{ID: k.ID, Name: k.Name, KeyPrefix: k.KeyPrefix, Disabled: k.Disabled})
	}
	return refs
}

func removed(r team.Removed) api.Done {
	d := rest.Done("Member removed.")
	d.KeysCreated = keyRefs(r.KeysCreated)
	for _, i := range r.InvitationsSent {
		d.InvitationsSent = append(d.InvitationsSent, api.InvitationRef{ID: i.ID, Email: i.Email})
	}
	for _, m := range r.InProjects {
		d.ProjectRoles = append(d.ProjectRoles, api.ProjectRoleRef{ProjectID: m.ProjectID, RoleID: m.Role.ID, RoleName: m.Role.Name})
	}
	return d
}

// member converts an account membership to its API form.
func (s *server) member(m *team.Member) api.Member {
	return api.Member{ID: m.ID, AccountID: m.AccountID, LastActiveAt: rest.StampOf(m.LastActiveAt), Membership: s.membership(m)}
}

var deliveryLink = api.DeliveryLink

func (s *server) membership(m *team.Member) api.Membership {
	w := api.Membership{
		UserID: rest.Filled(m.UserID), APIKeyID: rest.Filled(m.APIKeyID), PrincipalType: string(m.Type),
		Email: m.Email, Name: m.Name, Role: m.Role.Slug, RoleID: m.Role.ID, RoleName: m.Role.Name, Status: string(m.Status),
		IsOwner: m.IsOwner, ManagedBy: m.ManagedBy, InvitedBy: rest.Filled(m.InvitedBy), InvitedAt: rest.StampOf(m.InvitedAt),
		AcceptedAt: rest.StampOf(m.AcceptedAt), InvitationState: api.InvitationNone, CreatedAt: rest.Stamp(m.CreatedAt), UpdatedAt: rest.Stamp(m.UpdatedAt),
		ExternalIDs: api.ExternalIDs(m.ExternalIDs), KeysCreated: keyRefs(m.HeldKeys),
	}
	for _, a := range m.Also {
		w.Projects = append(w.Projects, api.AddedToProject{
			MemberID: a.ID, ProjectID: a.ProjectID, ProjectName: a.ProjectName, Role: a.Role.Slug, RoleID: a.Role.ID, RoleName: a.Role.Name, Status: string(a.Status),
		})
	}
	if i := m.Invitation; i != nil {
		w.InvitationID, w.InvitationState, w.InvitationExpiresAt = &i.ID, string(i.StateAt(s.svc.Now())), rest.StampOf(i.ExpiresAt)
		if w.InvitationState == api.InvitationQueued && !s.svc.MailDelivered() {
			w.InvitationDelivery = &deliveryLink
		}
	}
	return w
}

func holder(m *team.Member) api.Holder {
	return api.Holder{MemberID: m.ID, PrincipalType: string(m.Type), Email: m.Email, Name: m.Name, ProjectID: m.ProjectID}
}

// appendMember encodes a member exactly like reflection, but faster.
func appendMember(b []byte, m *api.Member) []byte {
	b = appendText(b, `{"id":`, m.ID)
	b = appendText(b, `,"account_id":`, m.AccountID)
	b = appendTime(b, `,"last_active_at":`, m.LastActiveAt)
	return appendMembership(b, &m.Membership)
}

func appendMembership(b []byte, m *api.Membership) []byte {
	b = appendPrincipal(b, m.UserID, m.APIKeyID, m.PrincipalType)
	b = appendText(b, `,"email":`, m.Email)
	b = appendFilled(b, `,"name":`, m.Name)
	b = appendText(b, `,"role":`, m.Role)
	b = appendText(b, `,"role_id":`, m.RoleID)
	b = appendText(b, `,"role_name":`, m.RoleName)
	b = appendText(b, `,"status":`, m.Status)
	b = appendOwner(b, m.IsOwner)
	b = appendText(b, `,"managed_by":`, m.ManagedBy)
	b = appendOptional(b, `,"invited_by":`, m.InvitedBy)
	b = appendTime(b, `,"invited_at":`, m.InvitedAt)
	b = appendTime(b, `,"accepted_at":`, m.AcceptedAt)
	b = appendOptional(b, `,"invitation_id":`, m.InvitationID)
	b = appendText(b, `,"invitation_state":`, m.InvitationState)
	b = appendTime(b, `,"invitation_expires_at":`, m.InvitationExpiresAt)
	b = appendOptional(b, `,"invitation_delivery":`, m.InvitationDelivery)
	b = appendTime(b, `,"created_at":`, &m.CreatedAt)
	b = appendTime(b, `,"updated_at":`, &m.UpdatedAt)
	b = appendExternalIDs(b, m.ExternalIDs)
	for i, k := range m.KeysCreated {
		if i == 0 {
			b = append(b, `,"keys_created":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(b, `{"id":`, k.ID)
		b = appendText(b, `,"name":`, k.Name)
		b = appendText(b, `,"key_prefix":`, k.KeyPrefix)
		if k.Disabled {
			b = append(b, `,"disabled":true`...)
		}
		b = append(b, '}')
	}
	if len(m.KeysCreated) > 0 {
		b = append(b, ']')
	}
	for i, p := range m.Projects {
		if i == 0 {
			b = append(b, `,"projects":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(b, `{"member_id":`, p.MemberID)
		b = appendText(b, `,"project_id":`, p.ProjectID)
		b = appendText(b, `,"project_name":`, p.ProjectName)
		b = appendText(b, `,"role":`, p.Role)
		b = appendText(b, `,"role_id":`, p.RoleID)
		b = appendText(b, `,"role_name":`, p.RoleName)
		b = append(appendText(b, `,"status":`, p.Status), '}')
	}
	if len(m.Projects) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendExternalIDs(b []byte, ids api.ExternalIDs) []byte {
	if len(ids) == 0 {
		return b
	}
	b = append(b, `,"external_ids":`...)
	for i, source := range slices.Sorted(maps.Keys(ids)) {
		b = appendText(append(b, "{,"[min(i, 1)]), "", source)
		b = appendText(b, ":", ids[source])
	}
	return append(b, '}')
}

func appendPrincipal(b []byte, userID, keyID *string, kind string) []byte {
	if userID == nil {
		b = append(b, `,"user_id":null`...)
	} else {
		b = appendText(b, `,"user_id":`, *userID)
	}
	b = appendOptional(b, `,"api_key_id":`, keyID)
	return appendText(b, `,"principal_type":`, kind)
}

func appendOwner(b []byte, is bool) []byte {
	if is {
		return append(b, `,"is_owner":true`...)
	}
	return append(b, `,"is_owner":false`...)
}
