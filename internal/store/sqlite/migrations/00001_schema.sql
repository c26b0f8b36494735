-- +goose Up
-- Times are microseconds since 1970 UTC, NULL for "never". Ids are the 16 bytes of a UUID that sorts by time, so that lists
-- are ordered by id. A column that has either an id or a word, such as the actor of an event, holds the bytes or the text. The
-- *_key columns hold a name in lower case, made by the program, because lower() differs between databases. scope_id is the
-- project, or the account without one. Tables have no rowid: a row is found by its key in one B-tree.

CREATE TABLE accounts (
    id             BLOB    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    grant_strict   BOOLEAN NOT NULL,
    require_factor BOOLEAN NOT NULL DEFAULT FALSE,
    -- Whether a member, project, role or key has ever had an external id; otherwise no list looks for any.
    has_external_ids BOOLEAN NOT NULL DEFAULT FALSE,
    -- What the operator decides. Limits are NULL where the general quota applies; attributes are a JSON object. delete_at is until
    -- when an account that is being deleted can be resumed; then it is removed, in many transactions.
    state          TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'deleting', 'removing')),
    state_reason   TEXT    NOT NULL DEFAULT '',
    delete_at      BIGINT,
    max_members    BIGINT,
    max_projects   BIGINT,
    max_api_keys   BIGINT,
    max_roles      BIGINT,
    attributes     TEXT    NOT NULL DEFAULT '{}',
    -- Of pages and emails, for people who have not chosen one; empty means that of the browser.
    language       TEXT    NOT NULL DEFAULT '',
    -- What the account has of its own in place of the operator's brand, as a JSON object; empty for nothing.
    branding       TEXT    NOT NULL DEFAULT '',
    name_key       TEXT    NOT NULL DEFAULT '',
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL
) WITHOUT ROWID;
-- The accounts in a state: a list, and those that are removed.
CREATE INDEX accounts_state ON accounts (state, id);

-- proven: the person has shown that the email is theirs. vouched_by is who gave them the link if they have not.
CREATE TABLE users (
    id              BLOB    NOT NULL PRIMARY KEY,
    email           TEXT    NOT NULL,
    email_canonical TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    name_key        TEXT    NOT NULL,
    password_hash   TEXT    NOT NULL,
    proven          BOOLEAN NOT NULL DEFAULT FALSE,
    vouched_by      BLOB    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
) WITHOUT ROWID;
-- Unique. Signing in, and accepting an invitation, by email.
CREATE UNIQUE INDEX users_email ON users (email_canonical);

-- The people who are or were members of an account or its projects. sort_key is as in memberships. seen_at is the last use of the
-- account by sessions that ended since, or moved to another account; the others know it themselves.
CREATE TABLE account_users (
    account_id BLOB   NOT NULL REFERENCES accounts (id),
    user_id    BLOB   NOT NULL REFERENCES users (id),
    known_at   BIGINT NOT NULL,
    sort_key   TEXT   NOT NULL DEFAULT '',
    seen_at    BIGINT,
    PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;
-- A person whose name or email changes.
CREATE INDEX account_users_user ON account_users (user_id);

-- A role without an account is a system role. name_unique is the form of the name that no other role may have; where it is
-- NULL, the program fills it when it starts.
CREATE TABLE roles (
    id          BLOB    NOT NULL PRIMARY KEY,
    account_id  BLOB    REFERENCES accounts (id),
    scope       TEXT    NOT NULL CHECK (scope IN ('account', 'project')),
    slug        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL,
    name_unique TEXT,
    description TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    is_system   BOOLEAN NOT NULL CHECK (is_system = (account_id IS NULL)),
    managed_by  TEXT    NOT NULL DEFAULT '',
    created_by  BLOB    NOT NULL,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL
) WITHOUT ROWID;
-- Unique. Together they also list the roles that an account can use.
CREATE UNIQUE INDEX roles_system_slug ON roles (scope, slug) WHERE account_id IS NULL;
CREATE UNIQUE INDEX roles_slug ON roles (account_id, scope, slug) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX roles_name ON roles (account_id, scope, name_unique) WHERE account_id IS NOT NULL;
-- The lists of an account's own roles by name, of both scopes and of one.
CREATE INDEX roles_named ON roles (account_id, name_key, slug, id);
CREATE INDEX roles_named_in ON roles (account_id, scope, name_key, slug, id);
-- The roles whose name_unique is missing, at the start of the program; usually empty.
CREATE INDEX roles_unfolded ON roles (id) WHERE name_unique IS NULL;

CREATE TABLE projects (
    id             BLOB    NOT NULL PRIMARY KEY,
    account_id     BLOB    NOT NULL REFERENCES accounts (id),
    name           TEXT    NOT NULL,
    name_key       TEXT    NOT NULL,
    name_unique    TEXT,
    slug           TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    default_region TEXT    NOT NULL,
    is_default     BOOLEAN NOT NULL,
    is_active      BOOLEAN NOT NULL,
    managed_by     TEXT    NOT NULL DEFAULT '',
    created_by     BLOB    NOT NULL,
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL
) WITHOUT ROWID;
-- Unique.
CREATE UNIQUE INDEX projects_name ON projects (account_id, name_unique);
CREATE UNIQUE INDEX projects_slug ON projects (account_id, slug);
CREATE UNIQUE INDEX projects_default ON projects (account_id) WHERE is_default;
-- The list of projects.
CREATE INDEX projects_list ON projects (account_id, id);
-- The projects whose names begin with a text.
CREATE INDEX projects_named ON projects (account_id, name_key, id);
-- The projects whose name_unique is missing, at the start of the program; usually empty.
CREATE INDEX projects_unfolded ON projects (id) WHERE name_unique IS NULL;

CREATE TABLE api_keys (
    id              BLOB    NOT NULL PRIMARY KEY,
    account_id      BLOB    NOT NULL REFERENCES accounts (id),
    name            TEXT    NOT NULL,
    name_key        TEXT    NOT NULL,
    key_prefix      TEXT    NOT NULL,
    hash            BLOB    NOT NULL,
    old_hash        BLOB,
    old_until       BIGINT,
    tier            TEXT    NOT NULL,
    issued_at       BIGINT  NOT NULL,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    is_active       BOOLEAN NOT NULL,
    managed_by      TEXT    NOT NULL DEFAULT '',
    created_by      BLOB    NOT NULL,
    created_by_user BLOB,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
) WITHOUT ROWID;
-- Unique. The key of a request, by its current secret, and by the previous one during its grace period.
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE UNIQUE INDEX api_keys_old_hash ON api_keys (old_hash) WHERE old_hash IS NOT NULL;
-- The list of keys.
CREATE INDEX api_keys_list ON api_keys (account_id, id);
-- The keys whose names begin with a text.
CREATE INDEX api_keys_named ON api_keys (account_id, name_key, id);

-- Who was shown a secret of an API key: the people and keys that created or rotated it, and the people behind those keys.
-- until is when the secret they were shown stops working; NULL while it is the current one.
CREATE TABLE secret_holders (
    key_id      BLOB   NOT NULL REFERENCES api_keys (id),
    holder_id   BLOB   NOT NULL,
    holder_type TEXT   NOT NULL CHECK (holder_type IN ('user', 'api_key')),
    until       BIGINT,
    PRIMARY KEY (key_id, holder_id)
) WITHOUT ROWID;
-- The keys whose secret a person was shown.
CREATE INDEX secret_holders_holder ON secret_holders (holder_id);

-- A closed invitation remains after its membership is gone: its link still has to respond that it was used or cancelled.
-- closed says that the state is final;
-- it is part of the key, so that the open invitations of an account are together: they are listed and counted often.
-- mail_error is why the last email was not sent, mail_retry_at when it is tried again.
CREATE TABLE invitations (
    id              BLOB    NOT NULL,
    account_id      BLOB    NOT NULL REFERENCES accounts (id),
    closed          BOOLEAN NOT NULL DEFAULT FALSE CHECK (closed = (state IN ('accepted', 'cancelled'))),
    project_id      BLOB    REFERENCES projects (id),
    scope_id        BLOB    NOT NULL GENERATED ALWAYS AS (COALESCE(project_id, account_id)) VIRTUAL,
    member_id       BLOB    NOT NULL,
    email           TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    invited_by      BLOB    NOT NULL,
    invited_by_user BLOB,
    invited_by_key  BLOB,
    -- A name that the inviter proposes, until the invitation is closed.
    proposed_name   TEXT    NOT NULL DEFAULT '',
    -- Of the invitations of one person that were made together, the one whose email is about all of them.
    lead_id         BLOB,
    mail_error      TEXT    NOT NULL DEFAULT '',
    mail_retry_at   BIGINT,
    expires_at      BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    PRIMARY KEY (account_id, closed, id)
) WITHOUT ROWID;
-- Deleting a project.
CREATE INDEX invitations_project ON invitations (project_id) WHERE project_id IS NOT NULL;

-- mailed: the token went to the email address; otherwise fetched_by is who fetched the link.
CREATE TABLE invitation_tokens (
    hash          BLOB    NOT NULL PRIMARY KEY,
    account_id    BLOB    NOT NULL,
    invitation_id BLOB    NOT NULL,
    stale         BOOLEAN NOT NULL,
    mailed        BOOLEAN NOT NULL DEFAULT FALSE,
    fetched_by    BLOB    NOT NULL DEFAULT '',
    created_at    BIGINT  NOT NULL
) WITHOUT ROWID;
-- The tokens of an invitation, when one is added, when all are replaced, and when the invitation is deleted.
CREATE INDEX invitation_tokens_invitation ON invitation_tokens (invitation_id);

-- Of everything a person is a member of in an account, one membership leads: that of the account or, without one, the first
-- of a project. Lists of people are lists of those; people who have no account membership are guests. sort_key is the name
-- and the email without case and accents. invitation_id has no foreign key, so that a membership and its invitation can
-- be written in either order. starts_at is reserved.
CREATE TABLE memberships (
    id              BLOB    NOT NULL,
    account_id      BLOB    NOT NULL REFERENCES accounts (id),
    project_id      BLOB    REFERENCES projects (id),
    scope_id        BLOB    NOT NULL CHECK (scope_id = COALESCE(project_id, account_id)),
    principal_type  TEXT    NOT NULL CHECK (principal_type IN ('user', 'api_key', 'invitation')),
    user_id         BLOB    REFERENCES users (id),
    api_key_id      BLOB    REFERENCES api_keys (id),
    email           TEXT    NOT NULL,
    email_canonical TEXT    NOT NULL,
    role_id         BLOB    NOT NULL REFERENCES roles (id),
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    is_owner        BOOLEAN NOT NULL,
    lead            BOOLEAN NOT NULL DEFAULT TRUE,
    managed_by      TEXT    NOT NULL,
    invited_by      BLOB    NOT NULL,
    invitation_id   BLOB,
    invited_at      BIGINT,
    accepted_at     BIGINT,
    starts_at       BIGINT,
    expires_at      BIGINT,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    sort_key        TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (scope_id, id)
) WITHOUT ROWID;
-- Unique. The memberships of an email.
CREATE UNIQUE INDEX memberships_email ON memberships (email_canonical, scope_id);
-- Unique. The memberships of a user and of a key: who the caller of a request is.
CREATE UNIQUE INDEX memberships_user ON memberships (user_id, scope_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX memberships_api_key ON memberships (api_key_id, scope_id) WHERE api_key_id IS NOT NULL;
-- Unique.
CREATE UNIQUE INDEX memberships_owner ON memberships (account_id) WHERE is_owner;
-- Unique. A membership of a project whose project is not known. The others are found by the key.
CREATE UNIQUE INDEX memberships_in_project ON memberships (id) WHERE scope_id <> account_id;
-- The members of the account or of a project with a status; the key lists all of them.
CREATE INDEX memberships_status ON memberships (scope_id, status, id);
-- The members with a role; who has a role, before it is deleted.
CREATE INDEX memberships_role ON memberships (role_id, scope_id, id);
-- The API keys among the members.
CREATE INDEX memberships_keys ON memberships (scope_id, principal_type, id) WHERE principal_type = 'api_key';
-- The people of an account by name, and searches among them.
CREATE INDEX memberships_sorted ON memberships (account_id, sort_key, id, lead) WHERE lead;
-- The people who are members of projects only, and the same with a status.
CREATE INDEX memberships_guests ON memberships (account_id, id) WHERE lead AND scope_id <> account_id;
CREATE INDEX memberships_guest_status ON memberships (account_id, status, id) WHERE lead AND scope_id <> account_id;
-- Deleting a project.
CREATE INDEX memberships_project ON memberships (project_id) WHERE project_id IS NOT NULL;

-- A link to set a password: "first" sets the first one, "reset" one that was forgotten. "email" confirms a new email.
CREATE TABLE link_tokens (
    hash       BLOB   NOT NULL PRIMARY KEY,
    user_id    BLOB   NOT NULL REFERENCES users (id),
    purpose    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    email      TEXT    NOT NULL DEFAULT '',
    used_at    BIGINT
) WITHOUT ROWID;
-- The links of a person, which end together.
CREATE INDEX link_tokens_user ON link_tokens (user_id);

-- A browser in which someone is signed in. Only the hash of its token is stored. account_id is the account in use. awaits:
-- the second factor has not been proved yet. address is the network address of the last use. ceremony is the open challenge
-- to a passkey.
CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY,
    hash         BLOB    NOT NULL,
    user_id      BLOB    NOT NULL REFERENCES users (id),
    account_id   BLOB    REFERENCES accounts (id),
    user_agent   TEXT    NOT NULL,
    address      TEXT    NOT NULL DEFAULT '',
    awaits       BOOLEAN NOT NULL DEFAULT FALSE,
    ceremony     BLOB,
    created_at   BIGINT  NOT NULL,
    last_seen_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL
) WITHOUT ROWID;
-- Unique. The session of a request.
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
-- The sessions of a person.
CREATE INDEX sessions_user ON sessions (user_id);

-- A session that ends, or moves to another account, leaves behind when the account was last used.
-- +goose StatementBegin
CREATE TRIGGER sessions_ended AFTER DELETE ON sessions WHEN OLD.account_id IS NOT NULL AND NOT OLD.awaits
BEGIN
    UPDATE account_users SET seen_at = OLD.last_seen_at WHERE account_id = OLD.account_id AND user_id = OLD.user_id
        AND COALESCE(seen_at, 0) < OLD.last_seen_at;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER sessions_moved AFTER UPDATE OF account_id ON sessions WHEN OLD.account_id <> NEW.account_id AND NOT OLD.awaits
BEGIN
    UPDATE account_users SET seen_at = OLD.last_seen_at WHERE account_id = OLD.account_id AND user_id = OLD.user_id
        AND COALESCE(seen_at, 0) < OLD.last_seen_at;
END;
-- +goose StatementEnd

-- A second factor. secret is what the check needs: the shared secret of an authenticator app, or the public key of a passkey.
-- step is the last time step whose code was used, so that no code works twice.
CREATE TABLE factors (
    id           BLOB    NOT NULL PRIMARY KEY,
    user_id      BLOB    NOT NULL REFERENCES users (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name         TEXT    NOT NULL,
    confirmed    BOOLEAN NOT NULL,
    secret       BLOB    NOT NULL,
    step         BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    last_used_at BIGINT
) WITHOUT ROWID;
-- The second factors of a person.
CREATE INDEX factors_user ON factors (user_id);

CREATE TABLE recovery_codes (
    hash    BLOB   NOT NULL PRIMARY KEY,
    user_id BLOB   NOT NULL REFERENCES users (id),
    used_at BIGINT
) WITHOUT ROWID;
-- The recovery codes of a person.
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- How much of a limit is used up: until a time that each attempt moves further into the future.
CREATE TABLE limits (
    subject TEXT   NOT NULL PRIMARY KEY,
    until   BIGINT NOT NULL
) WITHOUT ROWID;

-- The responses to requests with an Idempotency-Key; NULL while the request runs.
CREATE TABLE idempotency_keys (
    account_id BLOB   NOT NULL,
    principal  BLOB   NOT NULL,
    key        TEXT   NOT NULL,
    operation  TEXT   NOT NULL,
    body_hash  BLOB   NOT NULL,
    response   BLOB,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, principal, key)
) WITHOUT ROWID;
-- The keys that have expired.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Queued emails. subject_id is the invitation, which has at most one email in the queue, or else the id of the message.
-- account_id is the nil UUID for emails about how a person signs in, which belong to no account and are sent first. details is what
-- else an email needs, as JSON. failed_at is when the last attempt failed; the row then only says why.
CREATE TABLE outbox (
    account_id    BLOB    NOT NULL,
    subject_id    BLOB    NOT NULL,
    id            BLOB    NOT NULL,
    kind          TEXT    NOT NULL,
    invitation_id BLOB,
    address       TEXT    NOT NULL,
    attempts      INTEGER NOT NULL,
    next_at       BIGINT  NOT NULL,
    leased_until  BIGINT,
    last_error    TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    details       TEXT    NOT NULL DEFAULT '',
    failed_at     BIGINT,
    PRIMARY KEY (account_id, subject_id)
) WITHOUT ROWID;

-- Events refer to nothing: they remain when what they describe is gone. address has the 4 or 16 bytes of the client's network
-- address, NULL for the server itself and the operator's commands; user_agent is empty for API keys, too. after_seal is the last seal that was closed when the
-- event was written. mac is the signature of the server that wrote it, if servers have a key. sequence numbers the events of an
-- account without gaps, in the order of the log; NULL until no earlier event can be added any more.
CREATE TABLE audit_events (
    account_id  BLOB    NOT NULL,
    at          BIGINT  NOT NULL,
    id          BLOB    NOT NULL,
    actor_type  TEXT    NOT NULL,
    actor_id    BLOB    NOT NULL,
    actor_name  TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    target_type TEXT    NOT NULL,
    target_id   BLOB    NOT NULL,
    target_name TEXT    NOT NULL,
    project_id  BLOB,
    delegated   BOOLEAN NOT NULL,
    request_id  BLOB    NOT NULL,
    address     BLOB,
    user_agent  TEXT    NOT NULL DEFAULT '',
    details     TEXT    NOT NULL,
    after_seal  BIGINT  NOT NULL DEFAULT 0,
    mac         BLOB,
    sequence    BIGINT,
    PRIMARY KEY (account_id, at, id)
) WITHOUT ROWID;

-- Where the events that a filter selects are in the log: one row for each slice of time, of 65.536 ms (at >> 16), that has any. Many
-- events in a short time share their rows, so that the index costs a busy account next to nothing. kind is 'actor', 'target'
-- or 'project', or 'action' without a subject. Targets are not divided by action. The event about the creation of its target has
-- no row, because the id of the target tells the time: it is searched for within 250 ms of that time.
CREATE TABLE event_slices (
    account_id BLOB   NOT NULL,
    kind       TEXT   NOT NULL,
    subject    BLOB   NOT NULL,
    action     TEXT   NOT NULL,
    slice      BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, subject, action, slice)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER audit_events_sliced AFTER INSERT ON audit_events
BEGIN
    INSERT INTO event_slices (account_id, kind, subject, action, slice) VALUES
        (NEW.account_id, 'action', '', NEW.action, NEW.at >> 16), (NEW.account_id, 'actor', NEW.actor_id, NEW.action, NEW.at >> 16)
        ON CONFLICT DO NOTHING;
    INSERT INTO event_slices (account_id, kind, subject, action, slice) SELECT NEW.account_id, 'target', NEW.target_id, '', NEW.at >> 16
        WHERE NOT (typeof(NEW.target_id) = 'blob' AND substr(NEW.target_id, 1, 6)
            BETWEEN unhex(printf('%012x', NEW.at / 1000 - 250)) AND unhex(printf('%012x', NEW.at / 1000 + 250))) ON CONFLICT DO NOTHING;
    INSERT INTO event_slices (account_id, kind, subject, action, slice) SELECT NEW.account_id, 'project', NEW.project_id, NEW.action, NEW.at >> 16
        WHERE NEW.project_id IS NOT NULL ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd

-- What is left of personal data that was erased from an event: commitments to it, and the salts of the event's other texts, as JSON.
CREATE TABLE erased_events (
    account_id BLOB   NOT NULL,
    at         BIGINT NOT NULL,
    id         BLOB   NOT NULL,
    openings   TEXT   NOT NULL,
    PRIMARY KEY (account_id, at, id)
) WITHOUT ROWID;

-- The secrets of a log from which the salts of its events follow: each one for the 1 << level events from the sequence first on.
-- There is one for a log, until personal data is erased from it.
CREATE TABLE audit_secrets (
    account_id BLOB   NOT NULL,
    first      BIGINT NOT NULL,
    level      BIGINT NOT NULL,
    secret     BLOB   NOT NULL,
    PRIMARY KEY (account_id, first)
) WITHOUT ROWID;

-- People who are erased, or were. subject is what to look for, as JSON, until it is done. place_* is the last event that was read.
CREATE TABLE erasures (
    id            BLOB   NOT NULL PRIMARY KEY,
    person        TEXT   NOT NULL,
    user_id       BLOB,
    subject       TEXT   NOT NULL,
    ordered_by    TEXT   NOT NULL,
    events        BIGINT NOT NULL,
    place_account BLOB,
    place_at      BIGINT,
    place_id      BLOB,
    created_at    BIGINT NOT NULL,
    done_at       BIGINT
) WITHOUT ROWID;

-- A seal covers an account's events of a period, and the seal before it. Seals of version 1 begin where the previous seal
-- ends, and their hash begins with its hash. Later versions store both. Those before version 3 cover the texts of events themselves. The seals of a day are merged into the last of them: then
-- first_seq is less than seq, and merged lists "length,events,delay of its creation" for each of them.
CREATE TABLE audit_seals (
    account_id BLOB   NOT NULL,
    seq        BIGINT NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1,
    from_at    BIGINT,
    until_at   BIGINT NOT NULL,
    events     BIGINT NOT NULL,
    prev       BLOB,
    hash       BLOB   NOT NULL,
    key_id     TEXT   NOT NULL DEFAULT '',
    note       TEXT   NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    first_seq  BIGINT NOT NULL,
    merged     TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, seq)
) WITHOUT ROWID;

-- For how many days the audit log of an account is kept; without a row, forever. Only the operator sets it.
CREATE TABLE audit_retention (
    account_id BLOB   NOT NULL PRIMARY KEY,
    days       BIGINT NOT NULL
) WITHOUT ROWID;

-- That the log of an account is to be kept for a shorter time, from effective_at on. An event of the log announces it.
CREATE TABLE audit_retention_changes (
    account_id   BLOB   NOT NULL PRIMARY KEY,
    days         BIGINT NOT NULL,
    effective_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Where the audit log of an account begins since older events were removed: after the seal seq, which remains. mac is its
-- signature, sequence that of the last removed event.
CREATE TABLE audit_checkpoints (
    account_id BLOB   NOT NULL PRIMARY KEY,
    seq        BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    hash       BLOB   NOT NULL,
    sequence   BIGINT NOT NULL,
    days       BIGINT NOT NULL,
    key_id     TEXT   NOT NULL,
    mac        BLOB   NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- The position in the log of an account. Events are only written after closed_until; a seal covers what is before it. numbered
-- is the last sequence that was given, to the event with numbered_at and numbered_id.
CREATE TABLE audit_heads (
    account_id   BLOB   NOT NULL PRIMARY KEY,
    sealed_seq   BIGINT NOT NULL,
    sealed_until BIGINT,
    hash         BLOB,
    key_id       TEXT   NOT NULL,
    closed_seq   BIGINT NOT NULL,
    closed_until BIGINT,
    note         TEXT   NOT NULL,
    numbered     BIGINT NOT NULL DEFAULT 0,
    numbered_at  BIGINT,
    numbered_id  BLOB
) WITHOUT ROWID;

-- The keys of the operator's own API. Only the hash of the secret is stored; a key that was revoked has no row.
CREATE TABLE operator_keys (
    id           BLOB   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    scope        TEXT   NOT NULL CHECK (scope IN ('read', 'support', 'write')),
    key_prefix   TEXT   NOT NULL,
    hash         BLOB   NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    created_at   BIGINT NOT NULL
) WITHOUT ROWID;
-- Unique. The key of a request.
CREATE UNIQUE INDEX operator_keys_hash ON operator_keys (hash);

-- The file of the logo that an account has in place of the operator's. It is not in the row of the account, which every request reads.
CREATE TABLE account_logos (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
    sum        BLOB NOT NULL,
    content    BLOB NOT NULL
) WITHOUT ROWID;
-- The file that a page asks for by its hash.
CREATE INDEX account_logos_sum ON account_logos (sum);

-- That an account lets the operator's support in: at most one grant at a time, until expires_at. A grant that was ended has no row.
CREATE TABLE support_grants (
    account_id      BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
    id              BLOB NOT NULL,
    level           TEXT NOT NULL CHECK (level IN ('read', 'write')),
    reason          TEXT NOT NULL,
    granted_by_type TEXT NOT NULL,
    granted_by      BLOB NOT NULL,
    granted_by_name TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
) WITHOUT ROWID;
-- The grants that have expired.
CREATE INDEX support_grants_end ON support_grants (expires_at);

-- A person of the operator's support in an account. Only hashes are stored: hash is that of the credential for the API, link_hash that
-- of the link to the dashboard until it is used, web_hash that of the browser in which it was used. A session that was ended has no row.
CREATE TABLE support_sessions (
    id                BLOB NOT NULL PRIMARY KEY,
    account_id        BLOB NOT NULL REFERENCES accounts (id),
    grant_id          BLOB NOT NULL,
    operator_key_id   BLOB NOT NULL,
    operator_key_name TEXT NOT NULL,
    person            TEXT NOT NULL,
    reason            TEXT NOT NULL,
    hash              BLOB NOT NULL,
    link_hash         BLOB,
    web_hash          BLOB,
    requests          BIGINT NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    last_used_at      BIGINT
) WITHOUT ROWID;
-- Unique. The session of a request, by its credential, and by the browser; and by its link.
CREATE UNIQUE INDEX support_sessions_hash ON support_sessions (hash);
CREATE UNIQUE INDEX support_sessions_web ON support_sessions (web_hash) WHERE web_hash IS NOT NULL;
CREATE UNIQUE INDEX support_sessions_link ON support_sessions (link_hash) WHERE link_hash IS NOT NULL;
-- The sessions in an account.
CREATE INDEX support_sessions_account ON support_sessions (account_id, id);
-- The sessions that have expired.
CREATE INDEX support_sessions_end ON support_sessions (expires_at);

-- The operator has a log of its own; see event.OperatorLog.
INSERT INTO audit_heads (account_id, sealed_seq, key_id, closed_seq, note) VALUES (x'00000000000000000000000000000001', 0, '', 0, '');

-- A node reports every few seconds that it is alive; the rate limits are shared among those that are. One that stops removes its row;
-- one that was killed stays in the list for some days. runs and keys are words, separated by spaces: keys are the
-- ids of the keys for authenticator apps that it has, with = after the one with which it encrypts. jobs is JSON.
CREATE TABLE nodes (
    id         BLOB NOT NULL PRIMARY KEY,
    seen_at    BIGINT NOT NULL,
    started_at BIGINT NOT NULL DEFAULT 0,
    version    TEXT NOT NULL DEFAULT '',
    host       TEXT NOT NULL DEFAULT '',
    address    TEXT NOT NULL DEFAULT '',
    runs       TEXT NOT NULL DEFAULT '',
    jobs       TEXT NOT NULL DEFAULT '[]',
    keys       TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- How much an account was used on a day, in UTC; day is the number of days since 1970. The ids of the people and keys of the last days are
-- in usage_ids, so that each counts once on all nodes together; then open is FALSE, and members and api_keys are their numbers.
CREATE TABLE usage_days (
    day        BIGINT  NOT NULL,
    account_id BLOB    NOT NULL REFERENCES accounts (id),
    members    BIGINT  NOT NULL DEFAULT 0,
    api_keys   BIGINT  NOT NULL DEFAULT 0,
    requests   BIGINT  NOT NULL,
    decisions  BIGINT  NOT NULL,
    open       BOOLEAN NOT NULL DEFAULT TRUE,
    PRIMARY KEY (day, account_id)
) WITHOUT ROWID;
-- The days of an account.
CREATE INDEX usage_days_account ON usage_days (account_id, day);
-- The days whose ids are to be replaced by numbers.
CREATE INDEX usage_days_open ON usage_days (day, account_id) WHERE open;

CREATE TABLE usage_ids (
    account_id BLOB   NOT NULL,
    kind       TEXT   NOT NULL CHECK (kind IN ('member', 'api_key')),
    id         BLOB   NOT NULL,
    day        BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, id, day)
) WITHOUT ROWID;

-- Keys that all nodes share, to recognize what they signed. The setting signing_key_active names the one that signs; a retired key
-- recognizes what it signed before.
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    secret     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) WITHOUT ROWID;

-- What the operator decided for all programs on the database: the catalog and the public URL.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER invitations_deleted AFTER DELETE ON invitations
BEGIN
    DELETE FROM invitation_tokens WHERE invitation_id = OLD.id;
    DELETE FROM outbox WHERE account_id = OLD.account_id AND subject_id = OLD.id;
END;
-- +goose StatementEnd

-- The number of memberships of each kind, so that no list has to count, and the number of things of each kind that an account
-- has, so that a quota costs the same regardless of that number. Triggers maintain them, whoever writes; SQLite runs them in any
-- order, so that a number may be below zero for a moment. Both are in one table, because an invitation changes both and they are
-- usually on one page. For things, status has their kind, and role_id and principal_type are empty.
CREATE TABLE counts (
    account_id     BLOB    NOT NULL,
    scope_id       BLOB    NOT NULL,
    role_id        BLOB    NOT NULL,
    status         TEXT    NOT NULL,
    principal_type TEXT    NOT NULL,
    is_owner       BOOLEAN NOT NULL,
    lead           BOOLEAN NOT NULL,
    n              BIGINT  NOT NULL,
    PRIMARY KEY (scope_id, role_id, status, principal_type, is_owner, lead)
) WITHOUT ROWID;
-- The number of people of an account.
CREATE INDEX counts_people ON counts (account_id) WHERE lead;

-- role_counts is the number of memberships of projects with a role, which is in many projects; status is 'people' or 'keys'.
CREATE VIEW role_counts AS SELECT scope_id AS account_id, role_id, status, n FROM counts WHERE principal_type = '' AND role_id <> '';
CREATE VIEW member_counts AS SELECT account_id, scope_id, role_id, status, principal_type, is_owner, lead, n FROM counts WHERE principal_type <> '';
CREATE VIEW account_counts AS SELECT account_id, status AS kind, n FROM counts WHERE scope_id = account_id AND role_id = '' AND principal_type = '';

-- +goose StatementBegin
CREATE TRIGGER memberships_added AFTER INSERT ON memberships
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.scope_id, NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_joined AFTER INSERT ON memberships
WHEN EXISTS (SELECT 1 FROM memberships o WHERE o.email_canonical = NEW.email_canonical AND (o.account_id = NEW.account_id) IS TRUE AND o.id <> NEW.id)
BEGIN
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = NEW.email_canonical AND (account_id = NEW.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = NEW.email_canonical
            AND (f.account_id = NEW.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.id LIMIT 1));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_removed AFTER DELETE ON memberships
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.scope_id, OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n - 1;
    DELETE FROM counts WHERE scope_id = OLD.scope_id AND n = 0;
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = OLD.email_canonical AND (account_id = OLD.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = OLD.email_canonical
            AND (f.account_id = OLD.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.id LIMIT 1));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_changed AFTER UPDATE OF role_id, status, principal_type, is_owner, lead ON memberships
WHEN (OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead) <> (NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead)
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.scope_id, OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n - 1;
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.scope_id, NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + 1;
    DELETE FROM counts WHERE scope_id = OLD.scope_id AND n = 0;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_moved AFTER UPDATE OF email_canonical ON memberships WHEN OLD.email_canonical <> NEW.email_canonical
BEGIN
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = OLD.email_canonical AND (account_id = OLD.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = OLD.email_canonical
            AND (f.account_id = OLD.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.id LIMIT 1));
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = NEW.email_canonical AND (account_id = NEW.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = NEW.email_canonical
            AND (f.account_id = NEW.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.id LIMIT 1));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_role_added AFTER INSERT ON memberships WHEN NEW.scope_id <> NEW.account_id
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, NEW.role_id, CASE NEW.principal_type WHEN 'api_key' THEN 'keys' ELSE 'people' END, '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_role_removed AFTER DELETE ON memberships WHEN OLD.scope_id <> OLD.account_id
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, OLD.role_id, CASE OLD.principal_type WHEN 'api_key' THEN 'keys' ELSE 'people' END, '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n - 1;
    DELETE FROM counts WHERE scope_id = OLD.account_id AND role_id = OLD.role_id AND principal_type = '' AND n = 0;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_role_changed AFTER UPDATE OF role_id ON memberships WHEN NEW.scope_id <> NEW.account_id AND OLD.role_id <> NEW.role_id
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, OLD.role_id, CASE OLD.principal_type WHEN 'api_key' THEN 'keys' ELSE 'people' END, '', FALSE, FALSE, -1),
        (NEW.account_id, NEW.account_id, NEW.role_id, CASE NEW.principal_type WHEN 'api_key' THEN 'keys' ELSE 'people' END, '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
    DELETE FROM counts WHERE scope_id = OLD.account_id AND role_id = OLD.role_id AND principal_type = '' AND n = 0;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER roles_counted AFTER INSERT ON roles WHEN NEW.account_id IS NOT NULL
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'roles', '', FALSE, FALSE, 1),
        (NEW.account_id, NEW.account_id, '', 'roles.' || NEW.scope, '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER roles_uncounted AFTER DELETE ON roles WHEN OLD.account_id IS NOT NULL
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, '', 'roles', '', FALSE, FALSE, -1),
        (OLD.account_id, OLD.account_id, '', 'roles.' || OLD.scope, '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER projects_counted AFTER INSERT ON projects
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'projects', '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER projects_uncounted AFTER DELETE ON projects
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, '', 'projects', '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER api_keys_counted AFTER INSERT ON api_keys
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'api_keys', '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER api_keys_uncounted AFTER DELETE ON api_keys
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, '', 'api_keys', '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_counted AFTER INSERT ON memberships WHEN NEW.principal_type = 'invitation'
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'invitations', '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_uncounted AFTER DELETE ON memberships WHEN OLD.principal_type = 'invitation'
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, '', 'invitations', '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_accepted AFTER UPDATE OF principal_type ON memberships WHEN OLD.principal_type = 'invitation' AND NEW.principal_type <> 'invitation'
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'invitations', '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_again AFTER UPDATE OF principal_type ON memberships WHEN OLD.principal_type <> 'invitation' AND NEW.principal_type = 'invitation'
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'invitations', '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- Names that other systems gave to members, projects, roles and API keys, and to resources of the product, which belong to
-- a project: then kind is the type of the resource, and object_id the project.
CREATE TABLE external_ids (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    source     TEXT NOT NULL,
    object_id  BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, value, source)
) WITHOUT ROWID;
-- The external ids of an object.
CREATE INDEX external_ids_object ON external_ids (object_id, kind, value);
-- Unique: an object has one external id per source.
CREATE UNIQUE INDEX external_ids_source ON external_ids (object_id, account_id, source) WHERE kind IN ('member', 'project', 'role', 'api_key');

-- +goose StatementBegin
CREATE TRIGGER external_ids_counted AFTER INSERT ON external_ids
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.account_id, '', 'external_ids', '', FALSE, FALSE, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER external_ids_uncounted AFTER DELETE ON external_ids
BEGIN
    INSERT INTO counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.account_id, '', 'external_ids', '', FALSE, FALSE, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER external_ids_noted AFTER INSERT ON external_ids WHEN NEW.kind IN ('member', 'project', 'role', 'api_key')
BEGIN
    UPDATE accounts SET has_external_ids = TRUE WHERE id = NEW.account_id AND has_external_ids = FALSE;
END;
-- +goose StatementEnd

-- What is deleted leaves no name behind, so that nothing inherits it.
-- +goose StatementBegin
CREATE TRIGGER memberships_external AFTER DELETE ON memberships
BEGIN
    DELETE FROM external_ids WHERE object_id = OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER projects_external AFTER DELETE ON projects
BEGIN
    DELETE FROM external_ids WHERE object_id = OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER roles_external AFTER DELETE ON roles
BEGIN
    DELETE FROM external_ids WHERE object_id = OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER api_keys_external AFTER DELETE ON api_keys
BEGIN
    DELETE FROM external_ids WHERE object_id = OLD.id;
END;
-- +goose StatementEnd
