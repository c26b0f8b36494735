package signin

import (
	"context"

	"raff/internal/event"
	"raff/internal/team"
)

// ChangeName changes the user's own name, which all their accounts show. The logs of the accounts record both names.
func (s *Service) ChangeName(ctx context.Context, me team.SignedIn, name string) error {
	if err := team.CheckName(name, team.MaxPersonName); err != nil {
		return err
	}
	return s.changePerson(ctx, me, func(u *team.User) event.Payload {
		if u.Name == name {
			return nil
		}
		told := event.NameChanged{Name: event.Change[string]{From: u.Name, To: name}}
		u.Name = name
		return told
	})
}

// ChangeLanguage changes the language of the user's pages and emails; an empty one is none.
func (s *Service) ChangeLanguage(ctx context.Context, me team.SignedIn, language string) error {
	if err := team.CheckLanguage(language); err != nil {
		return err
	}
	return s.changePerson(ctx, me, func(u *team.User) event.Payload {
		if u.Language == language {
			return nil
		}
		told := event.LanguageChanged{Language: event.Change[string]{From: u.Language, To: language}}
		u.Language = language
		return told
	})
}

// changePerson changes the user's own row, and records the event that change returns; nil means that nothing changes.
func (s *Service) changePerson(ctx context.Context, me team.SignedIn, change func(*team.User) event.Payload) error {
	return s.aboutPerson(ctx, me.User.ID, func(tx Tx, logs []string) error {
		u, err := s.heldUser(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil {
			return err
		}
		told := change(&u)
		if told == nil {
			return nil
		}
		u.UpdatedAt = s.team.Now()
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, u.As, u, told)
	})
}
