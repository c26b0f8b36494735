-- +goose Up
-- A browser in which somebody is signed in. Of its token only the hash is kept. account_id is where the person works now.
CREATE TABLE sessions (
    id           UUID             NOT NULL PRIMARY KEY,
    hash         BYTEA            NOT NULL,
    user_id      UUID             NOT NULL REFERENCES users (id),
    account_id   UUID             REFERENCES accounts (id),
    user_agent   TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT           NOT NULL,
    last_seen_at BIGINT           NOT NULL,
    expires_at   BIGINT           NOT NULL
);
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);

CREATE INDEX account_users_user ON account_users (user_id, known_at);

-- How much of a limit is used up: until a moment that each attempt moves further into the future.
CREATE TABLE limits (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until   BIGINT           NOT NULL
);
CREATE INDEX limits_until ON limits (until);

-- What a link is for: "first" sets the first password, "reset" one that was forgotten.
ALTER TABLE link_tokens ADD COLUMN purpose TEXT COLLATE "C" NOT NULL DEFAULT 'first';
CREATE INDEX link_tokens_user ON link_tokens (user_id);

-- A mail is about an invitation, or for an address whose owner forgot the password.
ALTER TABLE outbox ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'invitation';
ALTER TABLE outbox ADD COLUMN address TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE outbox ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN invitation_id DROP NOT NULL;

-- The people of an account, whatever they are members of.
CREATE INDEX memberships_people ON memberships (account_id, created_at, id);
