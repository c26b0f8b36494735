package operatorapi

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"raff/api"
	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/operator"
	"raff/internal/rest"
	"raff/internal/team"
)

// WriteExport writes all data of an account as lines of JSON: {"type": …, "data": …}. The last line is the manifest, with the
// number of records and a hash of the lines of each type, and a hash of all lines before it. A file without it is incomplete.
func WriteExport(ctx context.Context, x *operator.Export, w io.Writer) error {
	return writeArchive(ctx, x.Each, exported, w, api.ExportManifest{Format: api.ExportFormat, AccountID: x.Account.ID})
}

// writeArchive writes the records that each iterates over, converted to their type and data, and completes the manifest.
func writeArchive(ctx context.Context, each func(context.Context, func(any) error) error, convert func(any) (string, any), w io.Writer, m api.ExportManifest) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	a := archive{w: buffered, convert: convert, all: sha256.New(), sections: map[string]*section{}}
	if err := each(ctx, a.record); err != nil {
		return err
	}
	m.Version, m.ExportedAt, m.Sections, m.SHA256 = api.ExportVersion, rest.Stamp(time.Now()), []api.ExportSection{}, hex.EncodeToString(a.all.Sum(nil))
	for _, name := range slices.Sorted(maps.Keys(a.sections)) {
		s := a.sections[name]
		m.Sections = append(m.Sections, api.ExportSection{Type: name, Records: s.records, SHA256: hex.EncodeToString(s.sum.Sum(nil))})
	}
	if err := a.line(api.ExportedManifest, m); err != nil {
		return err
	}
	return buffered.Flush()
}

// archive writes the lines of an export and hashes them.
type archive struct {
	w        io.Writer
	convert  func(any) (string, any)
	buf      []byte
	all      hash.Hash
	sections map[string]*section
}

type section struct {
	records int
	sum     hash.Hash
}

func (a *archive) record(v any) error {
	name, data := a.convert(v)
	if err := a.line(name, data); err != nil {
		return err
	}
	s := a.sections[name]
	if s == nil {
		s = &section{sum: sha256.New()}
		a.sections[name] = s
	}
	s.records++
	s.sum.Write(a.buf)
	a.all.Write(a.buf)
	return nil
}

// line writes one line, which stays in buf.
func (a *archive) line(name string, data any) (err error) {
	a.buf = append(append(append(a.buf[:0], `{"type":"`...), name...), `","data":`...)
	if a.buf, err = rest.Encode(a.buf, data); err != nil {
		return err
	}
	a.buf = append(a.buf, '}', '\n')
	_, err = a.w.Write(a.buf)
	return err
}

// exported converts a record of an export to its type and its data.
func exported(v any) (string, any) {
	switch v := v.(type) {
	case operator.Account:
		return api.ExportedAccount, account(&v)
	case operator.ExportedLogo:
		return api.ExportedLogo, api.ExportLogo{PNG: base64.StdEncoding.EncodeToString(v.Content)}
	case operator.ExportedRole:
		return api.ExportedRole, api.ExportRole{
			ID: v.ID, Scope: string(v.Scope), Slug: v.Slug, Name: v.Name, Description: v.Description, Permissions: v.Permissions, IsSystem: v.IsSystem,
			CreatedBy: rest.Filled(v.CreatedBy), CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case team.Project:
		return api.ExportedProject, api.ExportProject{
			ID: v.ID, Name: v.Name, Slug: v.Slug, Description: v.Description, DefaultRegion: v.DefaultRegion, IsDefault: v.IsDefault, IsActive: v.IsActive,
			CreatedBy: rest.Filled(v.CreatedBy), CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case team.APIKey:
		return api.ExportedAPIKey, api.ExportAPIKey{
			ID: v.ID, Name: v.Name, KeyPrefix: v.KeyPrefix, Tier: v.Tier, IsActive: v.IsActive, CreatedBy: rest.Filled(v.CreatedBy), IssuedAt: rest.Stamp(v.IssuedAt),
			ExpiresAt: rest.StampOf(v.ExpiresAt), LastUsedAt: rest.StampOf(v.LastUsedAt), CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case team.Member:
		return api.ExportedMember, exportMember(&v)
	case team.Invitation:
		return api.ExportedInvitation, api.ExportInvitation{
			ID: v.ID, ProjectID: rest.Filled(v.ProjectID), MemberID: v.MemberID, Email: v.Email, ProposedName: rest.Filled(v.ProposedName), State: string(v.State), InvitedBy: rest.Filled(v.InvitedBy),
			ExpiresAt: rest.Stamp(v.ExpiresAt), CreatedAt: rest.Stamp(v.CreatedAt), UpdatedAt: rest.Stamp(v.UpdatedAt),
		}
	case team.ExternalID:
		return api.ExportedExternalID, api.ExportExternalID{Kind: v.Kind, ObjectID: v.ObjectID, Source: v.Source, Value: v.Value, CreatedAt: rest.Stamp(v.CreatedAt)}
	case team.SupportAccess:
		return api.ExportedSupport, rest.SupportAccess(&v)
	case operator.UsageDay:
		return api.ExportedUsageDay, usageDay(&v)
	case event.Event:
		return api.ExportedAuditEvent, rest.AuditEvent(&v)
	case audit.Seal:
		return api.ExportedAuditSeal, api.ExportAuditSeal{
			First: v.First, Last: v.Seq, From: rest.StampOf(v.From), Until: rest.Stamp(v.Until), Events: v.Events, Hash: hex.EncodeToString(v.Hash), CreatedAt: rest.Stamp(v.CreatedAt),
		}
	}
	panic(fmt.Sprintf("an export has records of type %T", v))
}

func exportMember(m *team.Member) api.ExportMember {
	out := api.ExportMember{
		ID: m.ID, ProjectID: rest.Filled(m.ProjectID), Type: string(m.Type), UserID: rest.Filled(m.UserID), APIKeyID: rest.Filled(m.APIKeyID),
		Name: m.Name, RoleID: m.Role.ID, Status: string(m.Status), IsOwner: m.IsOwner, ManagedBy: m.ManagedBy, InvitedBy: rest.Filled(m.InvitedBy),
		InvitedAt: rest.StampOf(m.InvitedAt), AcceptedAt: rest.StampOf(m.AcceptedAt), ExpiresAt: rest.StampOf(m.ExpiresAt),
		CreatedAt: rest.Stamp(m.CreatedAt), UpdatedAt: rest.Stamp(m.UpdatedAt),
	}
	if m.Type != team.TypeAPIKey {
		out.Email = &m.Email
	}
	return out
}
