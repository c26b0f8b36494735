-- +goose Up
-- A browser in which somebody is signed in. Of its token only the hash is kept. account_id is where the person works now.
CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    hash         BLOB   NOT NULL,
    user_id      TEXT   NOT NULL REFERENCES users (id),
    account_id   TEXT   REFERENCES accounts (id),
    user_agent   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);

CREATE INDEX account_users_user ON account_users (user_id, known_at);

-- How much of a limit is used up: until a moment that each attempt moves further into the future.
CREATE TABLE limits (
    subject TEXT   NOT NULL PRIMARY KEY,
    until   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX limits_until ON limits (until);

-- What a link is for: "first" sets the first password, "reset" one that was forgotten.
ALTER TABLE link_tokens ADD COLUMN purpose TEXT NOT NULL DEFAULT 'first';
CREATE INDEX link_tokens_user ON link_tokens (user_id);

-- A mail is about an invitation, or for an address whose owner forgot the password.
CREATE TABLE outbox_next (
    id            TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    account_id    TEXT,
    invitation_id TEXT    REFERENCES invitations (id) ON DELETE CASCADE,
    address       TEXT    NOT NULL,
    attempts      INTEGER NOT NULL,
    next_at       BIGINT  NOT NULL,
    leased_until  BIGINT,
    last_error    TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL
);
INSERT INTO outbox_next (id, kind, account_id, invitation_id, address, attempts, next_at, leased_until, last_error, created_at)
    SELECT id, 'invitation', account_id, invitation_id, '', attempts, next_at, leased_until, last_error, created_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_next RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (next_at, id);
CREATE INDEX outbox_invitation ON outbox (invitation_id) WHERE invitation_id IS NOT NULL;

-- The people of an account, whatever they are members of.
CREATE INDEX memberships_people ON memberships (account_id, created_at, id);
