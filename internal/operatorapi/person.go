package operatorapi

import (
	"context"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/rest"
)

func (s *server) findPerson(ctx context.Context, c *call) (any, error) {
	if !c.Query.Has("email") {
		return nil, rest.Invalid("email", "required", "Send the email of the person: /operator/v1/people?email=alice@example.com.")
	}
	p, err := s.svc.PersonByEmail(ctx, c.Query.Get("email"))
	return rest.One(person(&p)), err
}

func (s *server) getPerson(ctx context.Context, c *call) (any, error) {
	p, err := s.svc.Person(ctx, c.PathID("id"))
	return rest.One(person(&p)), err
}

func (s *server) makePasswordLink(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	link, err := s.svc.PasswordLink(ctx, c.who, c.PathID("id"))
	return rest.One(api.PasswordLink{Link: link.URL, ExpiresAt: rest.Stamp(link.ExpiresAt)}), err
}

func (s *server) resetFactors(ctx context.Context, c *call) (any, error) {
	if err := c.DecodeOptional(&struct{}{}); err != nil {
		return nil, err
	}
	if err := s.svc.ResetFactors(ctx, c.who, c.PathID("id")); err != nil {
		return nil, err
	}
	return s.getPerson(ctx, c)
}

func person(p *operator.Person) api.Person {
	out := api.Person{
		ID: p.ID, Email: p.Email, Name: p.Name, EmailVerified: p.Proven, HasPassword: p.PasswordHash != "", CreatedAt: rest.Stamp(p.CreatedAt),
		SecondFactors: []api.PersonFactor{}, Sessions: []api.PersonSession{}, Memberships: []api.PersonMembership{},
	}
	for _, f := range p.Factors {
		out.SecondFactors = append(out.SecondFactors, api.PersonFactor{Kind: string(f.Kind), Name: f.Name, CreatedAt: rest.Stamp(f.CreatedAt), LastUsedAt: rest.StampOf(f.LastUsedAt)})
	}
	for _, s := range p.Sessions {
		out.Sessions = append(out.Sessions, api.PersonSession{UserAgent: s.UserAgent, CreatedAt: rest.Stamp(s.CreatedAt), LastSeenAt: rest.Stamp(s.LastSeenAt)})
	}
	for _, m := range p.Memberships {
		out.Memberships = append(out.Memberships, api.PersonMembership{
			AccountID: m.AccountID, AccountName: m.AccountName, AccountState: string(m.AccountState), ProjectID: rest.Filled(m.ProjectID), ProjectName: rest.Filled(m.ProjectName),
			MemberID: m.MemberID, RoleName: m.RoleName, Status: string(m.Status), IsOwner: m.IsOwner,
		})
	}
	return out
}
