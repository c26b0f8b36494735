package signin

import (
	"context"

	"raff/internal/event"
	"raff/internal/team"
)

// maxName is the maximum length of a person's name, in characters.
const maxName = 64

// ChangeName changes the user's own name, which all their accounts show. The logs of the accounts record both names.
func (s *Service) ChangeName(ctx context.Context, me team.SignedIn, name string) error {
	if err := team.CheckName(name, maxName); err != nil {
		return err
	}
	return s.aboutPerson(ctx, me.User.ID, func(tx Tx, logs []string) error {
		u, err := s.heldUser(ctx, tx, me.User.ID)
		if err != nil {
			return err
		}
		if _, err := s.team.ReadSession(ctx, tx.Team(), me.Hash); err != nil || u.Name == name {
			return err
		}
		told := event.NameChanged{Name: event.Change[string]{From: u.Name, To: name}}
		u.Name, u.UpdatedAt = name, s.team.Now()
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		return s.recordPerson(ctx, tx, logs, u.As, u, told)
	})
}
