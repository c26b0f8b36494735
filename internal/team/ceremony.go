package team

import (
	"context"
	"encoding/binary"
)

// ceremonyKind is the purpose for which a passkey is asked something. An answer counts for the purpose it was asked for
// and for no other.
type ceremonyKind byte

const (
	ceremonyRegister ceremonyKind = 'r' // make a new passkey
	ceremonyProve    ceremonyKind = 'p' // finish signing in, after the password
	ceremonyConfirm  ceremonyKind = 'c' // confirm something grave, in place of the password
)

// errStaleCeremony refuses an answer to a question that was not asked, was answered before, or has expired.
var errStaleCeremony = &Error{Kind: KindInvalid, Code: "stale_ceremony", Field: "passkey", Message: "This passkey request has expired. Try again."}

// ceremonyHead is the length of what stands before the state: the kind, and the moment until which it is good.
const ceremonyHead = 1 + 8

// keepCeremony stores what the passkey is being asked in this session, in place of what was asked before.
func (s *Service) keepCeremony(ctx context.Context, session Session, kind ceremonyKind, state []byte) error {
	kept := binary.BigEndian.AppendUint64([]byte{byte(kind)}, uint64(s.now().Add(challengeLife).Unix())) //nolint:gosec // no clock is before 1970
	kept = append(kept, state...)
	return s.Store.Update(ctx, session.AccountID, Adds, func(tx Tx) error { return tx.SetCeremony(ctx, session.ID, kept) })
}

// ceremony is what the passkey was asked in this session for this purpose. take forgets it and returns false if that
// happened before; an answer counts only if it was taken.
func (s *Service) ceremony(ctx context.Context, session Session, kind ceremonyKind) (state []byte, take func(Tx) (bool, error), err error) {
	kept, err := s.Store.Ceremony(ctx, session.ID)
	if err != nil {
		return nil, nil, notFoundIs(err, errStaleCeremony)
	}
	if len(kept) < ceremonyHead || ceremonyKind(kept[0]) != kind || s.now().Unix() >= int64(binary.BigEndian.Uint64(kept[1:ceremonyHead])) { //nolint:gosec // stored by keepCeremony
		return nil, nil, errStaleCeremony
	}
	return kept[ceremonyHead:], func(tx Tx) (bool, error) { return tx.TakeCeremony(ctx, session.ID, kept) }, nil
}
