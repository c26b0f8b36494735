package signin

import (
	"context"

	"raff/internal/team"
)

// secretsAtOnce is how many factors EncryptAppSecrets reads at once.
const secretsAtOnce = 500

// EncryptAppSecrets encrypts the secrets of all authenticator apps with the current key, and returns how many of them were not
// yet. People can sign in meanwhile.
func (s *Service) EncryptAppSecrets(ctx context.Context) (changed, total int, err error) {
	for after := team.NoID; ; {
		found, err := s.store.FactorsAfter(ctx, after, secretsAtOnce)
		if err != nil {
			return changed, total, err
		}
		for _, f := range found {
			after = f.ID
			if f.Kind != FactorTOTP {
				continue
			}
			total++
			fresh, stale, err := s.factors.Reseal(f.Secret)
			if err != nil {
				return changed, total, err
			}
			if !stale {
				continue
			}
			replaced, err := s.store.ReplaceFactorSecret(ctx, f.ID, f.Secret, fresh)
			if err != nil {
				return changed, total, err
			}
			if replaced {
				changed++
			}
		}
		if len(found) < secretsAtOnce {
			return changed, total, nil
		}
	}
}
