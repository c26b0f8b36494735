package signin

import (
	"context"
	"encoding/binary"

	"raff/internal/team"
)

// ceremonyKind is the purpose of a WebAuthn ceremony. A response is only valid for the purpose of its request.
type ceremonyKind byte

const (
	ceremonyRegister ceremonyKind = 'r' // register a new passkey
	ceremonyProve    ceremonyKind = 'p' // second factor, after the password
	ceremonyConfirm  ceremonyKind = 'c' // confirm a sensitive action, in place of the password
)

// errStaleCeremony refuses a response to a request that does not exist, was used, or has expired.
var errStaleCeremony = RefusalCeremonyExpired.With()

// ceremonyHead is the length of the header before the state: the kind and the expiry.
const ceremonyHead = 1 + 8

// keepCeremony stores the pending ceremony of this session, replacing an earlier one.
func (s *Service) keepCeremony(ctx context.Context, session team.Session, kind ceremonyKind, state []byte) error {
	kept := binary.BigEndian.AppendUint64([]byte{byte(kind)}, uint64(s.team.Now().Add(challengeLife).Unix())) //nolint:gosec // no clock is before 1970
	kept = append(kept, state...)
	return s.store.Update(ctx, session.AccountID, team.Shared, func(tx Tx) error { return tx.SetCeremony(ctx, session.ID, kept) })
}

// ceremony returns the pending ceremony of this session for a purpose. take deletes it and returns false if it was
// already deleted; a response is only valid if take succeeds.
func (s *Service) ceremony(ctx context.Context, session team.Session, kind ceremonyKind) (state []byte, take func(Tx) (bool, error), err error) {
	kept, err := s.store.Ceremony(ctx, session.ID)
	if err != nil {
		return nil, nil, team.NotFoundIs(err, errStaleCeremony)
	}
	if len(kept) < ceremonyHead || ceremonyKind(kept[0]) != kind || s.team.Now().Unix() >= int64(binary.BigEndian.Uint64(kept[1:ceremonyHead])) { //nolint:gosec // stored by keepCeremony
		return nil, nil, errStaleCeremony
	}
	return kept[ceremonyHead:], func(tx Tx) (bool, error) { return tx.TakeCeremony(ctx, session.ID, kept) }, nil
}
