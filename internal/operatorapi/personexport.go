package operatorapi

import (
	"context"
	"io"
	"time"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) exportPerson(ctx context.Context, c *call) (any, error) {
	x, err := s.svc.ExportPerson(ctx, c.who, c.PathID("id"))
	return personExport(x, err)
}

func (s *server) exportPersonByEmail(ctx context.Context, c *call) (any, error) {
	if !c.Query.Has("email") {
		return nil, rest.Invalid("email", "required", "Send the email of the person: /operator/v1/people/export?email=alice@example.com.")
	}
	x, err := s.svc.ExportEmail(ctx, c.who, c.Query.Get("email"))
	return personExport(x, err)
}

func personExport(x *operator.PersonExport, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return rest.Long{ContentType: "application/x-ndjson", Check: x.Check, Write: func(ctx context.Context, w io.Writer) error {
		return WritePersonExport(ctx, x, w)
	}}, nil
}

// WritePersonExport writes all that is known of a person, in the format of WriteExport.
func WritePersonExport(ctx context.Context, x *operator.PersonExport, w io.Writer) error {
	m := api.ExportManifest{Format: api.PersonExportFormat, PersonID: x.User.ID}
	if m.PersonID == "" {
		m.Email = x.User.Email
	}
	return writeArchive(ctx, x.Each, exportedOfPerson, w, m)
}

// exportedOfPerson converts a record of an export of a person to its type and its data.
func exportedOfPerson(v any) (string, any) {
	switch v := v.(type) {
	case operator.ExportedPerson:
		return api.ExportedPerson, api.ExportPerson{
			ID: v.ID, Email: v.Email, Name: v.Name, Language: v.Language, EmailVerified: v.Proven, HasPassword: v.PasswordHash != "",
			SecondFactors: person(&operator.Person{Factors: v.Factors}).SecondFactors, RecoveryCodesLeft: v.RecoveryCodesLeft, CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case team.Session:
		return api.ExportedSession, api.ExportSession{
			ID: v.ID, AccountID: rest.Filled(v.AccountID), UserAgent: v.UserAgent, Address: v.Address, CreatedAt: rest.Stamp(v.CreatedAt),
			LastSeenAt: rest.Stamp(v.LastSeenAt), ExpiresAt: rest.Stamp(v.ExpiresAt),
		}
	case team.LinkToken:
		return api.ExportedLink, api.ExportLink{Purpose: v.Purpose, Email: rest.Filled(v.Email), ExpiresAt: rest.Stamp(v.ExpiresAt), UsedAt: rest.StampOf(v.UsedAt)}
	case operator.Account:
		return api.ExportedPersonAccount, api.ExportPersonAccount{ID: v.ID, Name: v.Name, State: string(v.State)}
	case operator.PersonMembership:
		return api.ExportedMembership, api.ExportMembership{
			ID: v.MemberID, AccountID: v.AccountID, AccountName: v.AccountName, ProjectID: rest.Filled(v.ProjectID), ProjectName: rest.Filled(v.ProjectName),
			RoleID: v.RoleID, RoleSlug: v.RoleSlug, RoleName: v.RoleName, Status: string(v.Status), IsOwner: v.IsOwner, ManagedBy: v.ManagedBy, InvitedBy: rest.Filled(v.InvitedBy),
			InvitationState: rest.Filled(v.InvitationState), InvitationEnds: rest.StampOf(v.InvitationEnds), InvitedAt: rest.StampOf(v.InvitedAt),
			AcceptedAt: rest.StampOf(v.AcceptedAt), ExpiresAt: rest.StampOf(v.ExpiresAt), CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case operator.UsageDay:
		return api.ExportedActiveDay, api.ExportActiveDay{AccountID: v.AccountID, Date: v.Day.Format(time.DateOnly)}
	case outbox.Entry:
		return api.ExportedEmail, mail(&v)
	}
	return exported(v)
}
