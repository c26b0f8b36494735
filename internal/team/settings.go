package team

import (
	"context"

	"raff/internal/event"
	"raff/internal/permission"
)

// AccountChange has the settings to change; nil leaves a setting unchanged.
type AccountChange struct {
	Name *string
	// Strict is the policy for assigning roles: if it is set, assigning a role requires every permission in it.
	Strict *bool
	// RequireFactor requires people to have a second factor. It does not apply to API keys.
	RequireFactor *bool
	// Language is one of Languages, or empty for that of each browser.
	Language *string
}

// GetAccount returns the account with its settings.
func (s *Service) GetAccount(ctx context.Context, p *Principal) (Account, error) {
	if err := s.Require(p, permission.SettingsView, permission.SettingsManage); err != nil {
		return Account{}, err
	}
	return s.store.Account(ctx, p.AccountID)
}

// UpdateAccount changes the settings of the account. Only the Owner can change the policy.
func (s *Service) UpdateAccount(ctx context.Context, p *Principal, c AccountChange) (Account, error) {
	if c == (AccountChange{}) {
		return Account{}, RefusalNoSettingsChange.With()
	}
	if c.Name != nil {
		if err := CheckName(*c.Name, 64); err != nil {
			return Account{}, err
		}
	}
	if c.Language != nil {
		if err := CheckLanguage(*c.Language); err != nil {
			return Account{}, err
		}
	}
	var a Account
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.SettingsManage); err != nil {
			return err
		}
		var err error
		if a, err = w.Account(ctx, w.p.AccountID); err != nil {
			return err
		}
		var changed event.AccountUpdated
		if c.Name != nil && *c.Name != a.Name {
			changed.Name = event.Changed(a.Name, *c.Name)
			a.Name = *c.Name
		}
		if c.Strict != nil && *c.Strict != a.Strict {
			if err := w.maySetPolicy(); err != nil {
				return err
			}
			changed.GrantPolicy = event.Changed(policy(a.Strict), policy(*c.Strict))
			a.Strict = *c.Strict
		}
		if c.RequireFactor != nil && *c.RequireFactor != a.RequireFactor {
			if err := w.mayRequireFactor(*c.RequireFactor); err != nil {
				return err
			}
			changed.RequireSecondFactor = event.Changed(a.RequireFactor, *c.RequireFactor)
			a.RequireFactor = *c.RequireFactor
		}
		if c.Language != nil && *c.Language != a.Language {
			changed.Language = event.Changed(a.Language, *c.Language)
			a.Language = *c.Language
		}
		if changed == (event.AccountUpdated{}) {
			return nil
		}
		a.UpdatedAt = w.at
		if err := w.UpdateAccount(ctx, a); err != nil {
			return err
		}
		return w.record(a.Target(), changed)
	})
	return a, err
}

func policy(strict bool) string {
	if strict {
		return "strict"
	}
	return "delegated"
}

// mayRequireFactor prevents people from locking themselves out.
func (g *guard) mayRequireFactor(on bool) error {
	if !g.p.InPerson || g.p.Type != TypeUser {
		return RefusalPersonRequiresFactor.With()
	}
	if !on {
		return nil
	}
	has, err := g.HasFactor(g.ctx, g.p.ID)
	if err == nil && !has {
		err = RefusalOwnFactorFirst.With()
	}
	return err
}

func (g *guard) maySetPolicy() error {
	if !g.p.Owner || !g.p.InPerson {
		return RefusalOwnerSetsPolicy.With()
	}
	return nil
}
