-- +goose Up
-- What somebody proves beside the password. secret is what the check needs: of an authenticator app its shared secret, of
-- a passkey its public key. step is the last time step whose code was used, so that no code works twice.
CREATE TABLE factors (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name         TEXT    NOT NULL,
    confirmed    BOOLEAN NOT NULL,
    secret       BLOB    NOT NULL,
    step         BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX factors_user ON factors (user_id, created_at, id);

CREATE TABLE recovery_codes (
    hash    BLOB   NOT NULL PRIMARY KEY,
    user_id TEXT   NOT NULL REFERENCES users (id),
    used_at BIGINT
) WITHOUT ROWID;
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- A session awaits its second factor until that is proved. ceremony is what a passkey is being asked.
ALTER TABLE sessions ADD COLUMN awaits BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN ceremony BLOB;

ALTER TABLE accounts ADD COLUMN require_factor BOOLEAN NOT NULL DEFAULT FALSE;
