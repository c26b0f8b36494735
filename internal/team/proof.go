package team

import "context"

// Proof confirms a sensitive action, to make sure that it is still the same user: the password, or the response of one
// of their passkeys to BeginConfirm.
type Proof struct {
	Password string
	Passkey  []byte
	// Source is the network address of the caller; empty if it is unknown.
	Source string
}

// requireProof checks the proof of a principal that acts with a session. Every operation that requires a proof calls it, so
// that neither the API nor the pages can omit it. The operator has none, and an API key proves itself.
func (s *Service) requireProof(ctx context.Context, p *Principal, proof Proof) error {
	if p.sessionHash == nil {
		return nil
	}
	return s.confirm(ctx, p, proof)
}
