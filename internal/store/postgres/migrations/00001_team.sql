-- +goose Up
-- Times are microseconds since 1970 UTC, NULL for "never". The *_key columns hold a name in lower case, made by the
-- program: lower() differs between databases. scope_id is the project, or the account where there is none. COLLATE "C"
-- orders text by its bytes, as SQLite does.

CREATE TABLE accounts (
    id           UUID             NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL,
    grant_strict BOOLEAN          NOT NULL,
    created_at   BIGINT           NOT NULL,
    updated_at   BIGINT           NOT NULL
);

CREATE TABLE users (
    id              UUID             NOT NULL PRIMARY KEY,
    email           TEXT COLLATE "C" NOT NULL,
    email_canonical TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    password_hash   TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (email_canonical);

CREATE TABLE account_users (
    account_id UUID   NOT NULL REFERENCES accounts (id),
    user_id    UUID   NOT NULL REFERENCES users (id),
    known_at   BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_id)
);

-- A role without an account is a system role.
CREATE TABLE roles (
    id          UUID             NOT NULL PRIMARY KEY,
    account_id  UUID             REFERENCES accounts (id),
    scope       TEXT COLLATE "C" NOT NULL CHECK (scope IN ('account', 'project')),
    slug        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    name_key    TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    permissions TEXT COLLATE "C" NOT NULL,
    is_system   BOOLEAN          NOT NULL CHECK (is_system = (account_id IS NULL)),
    created_by  TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT           NOT NULL,
    updated_at  BIGINT           NOT NULL
);
CREATE UNIQUE INDEX roles_system_slug ON roles (scope, slug) WHERE account_id IS NULL;
CREATE UNIQUE INDEX roles_slug ON roles (account_id, scope, slug) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX roles_name ON roles (account_id, scope, name_key) WHERE account_id IS NOT NULL;

CREATE TABLE projects (
    id             UUID             NOT NULL PRIMARY KEY,
    account_id     UUID             NOT NULL REFERENCES accounts (id),
    name           TEXT COLLATE "C" NOT NULL,
    name_key       TEXT COLLATE "C" NOT NULL,
    slug           TEXT COLLATE "C" NOT NULL,
    description    TEXT COLLATE "C" NOT NULL,
    default_region TEXT COLLATE "C" NOT NULL,
    is_default     BOOLEAN          NOT NULL,
    is_active      BOOLEAN          NOT NULL,
    created_by     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT           NOT NULL,
    updated_at     BIGINT           NOT NULL
);
CREATE UNIQUE INDEX projects_name ON projects (account_id, name_key);
CREATE UNIQUE INDEX projects_slug ON projects (account_id, slug);
CREATE UNIQUE INDEX projects_default ON projects (account_id) WHERE is_default;
CREATE INDEX projects_list ON projects (account_id, created_at, id);

CREATE TABLE api_keys (
    id              UUID             NOT NULL PRIMARY KEY,
    account_id      UUID             NOT NULL REFERENCES accounts (id),
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    key_prefix      TEXT COLLATE "C" NOT NULL,
    hash            BYTEA            NOT NULL,
    old_hash        BYTEA,
    old_until       BIGINT,
    tier            TEXT COLLATE "C" NOT NULL,
    issued_at       BIGINT           NOT NULL,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    is_active       BOOLEAN          NOT NULL,
    created_by      TEXT COLLATE "C" NOT NULL,
    created_by_user UUID,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE UNIQUE INDEX api_keys_old_hash ON api_keys (old_hash) WHERE old_hash IS NOT NULL;
CREATE INDEX api_keys_list ON api_keys (account_id, created_at, id);
CREATE INDEX api_keys_maker ON api_keys (created_by_user) WHERE created_by_user IS NOT NULL;

-- An invitation outlives the membership it was for: its link still has to answer "gone".
CREATE TABLE invitations (
    id              UUID             NOT NULL PRIMARY KEY,
    account_id      UUID             NOT NULL REFERENCES accounts (id),
    project_id      UUID             REFERENCES projects (id),
    scope_id        UUID             NOT NULL CHECK (scope_id = COALESCE(project_id, account_id)),
    member_id       UUID             NOT NULL,
    email           TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    invited_by      TEXT COLLATE "C" NOT NULL,
    invited_by_user UUID,
    invited_by_key  UUID,
    expires_at      BIGINT           NOT NULL,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
CREATE INDEX invitations_list ON invitations (scope_id, created_at, id);
CREATE INDEX invitations_sender ON invitations (invited_by_user) WHERE invited_by_user IS NOT NULL;
CREATE INDEX invitations_project ON invitations (project_id) WHERE project_id IS NOT NULL;

CREATE TABLE invitation_tokens (
    hash          BYTEA   NOT NULL PRIMARY KEY,
    invitation_id UUID    NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    stale         BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL
);
CREATE INDEX invitation_tokens_invitation ON invitation_tokens (invitation_id);

-- invitation_id has no foreign key, so that a membership and its invitation may be written in either order.
CREATE TABLE memberships (
    id              UUID             NOT NULL PRIMARY KEY,
    account_id      UUID             NOT NULL REFERENCES accounts (id),
    project_id      UUID             REFERENCES projects (id),
    scope_id        UUID             NOT NULL CHECK (scope_id = COALESCE(project_id, account_id)),
    principal_type  TEXT COLLATE "C" NOT NULL CHECK (principal_type IN ('user', 'api_key', 'invitation')),
    user_id         UUID             REFERENCES users (id),
    api_key_id      UUID             REFERENCES api_keys (id),
    email           TEXT COLLATE "C" NOT NULL,
    email_canonical TEXT COLLATE "C" NOT NULL,
    role_id         UUID             NOT NULL REFERENCES roles (id),
    status          TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    is_owner        BOOLEAN          NOT NULL,
    managed_by      TEXT COLLATE "C" NOT NULL,
    invited_by      TEXT COLLATE "C" NOT NULL,
    invitation_id   UUID,
    invited_at      BIGINT,
    accepted_at     BIGINT,
    expires_at      BIGINT,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
CREATE UNIQUE INDEX memberships_email ON memberships (email_canonical, scope_id);
CREATE UNIQUE INDEX memberships_user ON memberships (user_id, scope_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX memberships_api_key ON memberships (api_key_id, scope_id) WHERE api_key_id IS NOT NULL;
CREATE UNIQUE INDEX memberships_owner ON memberships (account_id) WHERE is_owner;
CREATE INDEX memberships_list ON memberships (scope_id, created_at, id);
CREATE INDEX memberships_role ON memberships (role_id, account_id);
CREATE INDEX memberships_project ON memberships (project_id) WHERE project_id IS NOT NULL;

CREATE TABLE link_tokens (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    user_id    UUID   NOT NULL REFERENCES users (id),
    account_id UUID   NOT NULL REFERENCES accounts (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

-- Events refer to nothing: they stay when what they tell of is gone.
CREATE TABLE audit_events (
    id          UUID             NOT NULL,
    account_id  UUID             NOT NULL,
    at          BIGINT           NOT NULL,
    actor_type  TEXT COLLATE "C" NOT NULL,
    actor_id    TEXT COLLATE "C" NOT NULL,
    actor_name  TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    target_type TEXT COLLATE "C" NOT NULL,
    target_id   TEXT COLLATE "C" NOT NULL,
    target_name TEXT COLLATE "C" NOT NULL,
    project_id  UUID,
    delegated   BOOLEAN          NOT NULL,
    request_id  TEXT COLLATE "C" NOT NULL,
    details     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, at, id)
);

CREATE TABLE outbox (
    id            UUID             NOT NULL PRIMARY KEY,
    account_id    UUID             NOT NULL,
    invitation_id UUID             NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    attempts      INTEGER          NOT NULL,
    next_at       BIGINT           NOT NULL,
    leased_until  BIGINT,
    last_error    TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT           NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at, id);
CREATE INDEX outbox_invitation ON outbox (invitation_id);

-- status is NULL while the first request with the key is still running.
CREATE TABLE idempotency_keys (
    principal  TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    operation  TEXT COLLATE "C" NOT NULL,
    body_hash  BYTEA            NOT NULL,
    status     INTEGER,
    response   BYTEA,
    created_at BIGINT           NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
