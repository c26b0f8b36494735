-- +goose Up
-- Times are microseconds since 1970 UTC, NULL for "never". Ids sort by time, so that lists are ordered by id. The *_key columns
-- hold a name in lower case, made by the program, because lower() differs between databases. scope_id is the project, or the
-- account without one. COLLATE "C" orders text by its bytes, as SQLite does.

CREATE TABLE accounts (
    id             UUID             NOT NULL PRIMARY KEY,
    name           TEXT COLLATE "C" NOT NULL,
    grant_strict   BOOLEAN          NOT NULL,
    require_factor BOOLEAN          NOT NULL DEFAULT FALSE,
    -- Whether a member, project, role or key has ever had an external id; otherwise no list looks for any.
    has_external_ids BOOLEAN        NOT NULL DEFAULT FALSE,
    -- What the operator decides. Limits are NULL where the general quota applies; attributes are a JSON object. delete_at is until
    -- when an account that is being deleted can be resumed; then it is removed, in many transactions.
    state          TEXT COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'deleting', 'removing')),
    state_reason   TEXT COLLATE "C" NOT NULL DEFAULT '',
    delete_at      BIGINT,
    max_members    BIGINT,
    max_projects   BIGINT,
    max_api_keys   BIGINT,
    max_roles      BIGINT,
    attributes     TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- Of pages and emails, for people who have not chosen one; empty means that of the browser.
    language       TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- What the account has of its own in place of the operator's brand, as a JSON object; empty for nothing.
    branding       TEXT COLLATE "C" NOT NULL DEFAULT '',
    name_key       TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at     BIGINT           NOT NULL,
    updated_at     BIGINT           NOT NULL
);
-- The accounts in a state: a list, and those that are removed.
CREATE INDEX accounts_state ON accounts (state, id);

-- proven: the person has shown that the email is theirs. vouched_by is who gave them the link if they have not.
CREATE TABLE users (
    id              UUID             NOT NULL PRIMARY KEY,
    email           TEXT COLLATE "C" NOT NULL,
    email_canonical TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    password_hash   TEXT COLLATE "C" NOT NULL,
    proven          BOOLEAN          NOT NULL DEFAULT FALSE,
    vouched_by      TEXT COLLATE "C" NOT NULL DEFAULT '',
    language        TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
-- Unique. Signing in, and accepting an invitation, by email.
CREATE UNIQUE INDEX users_email ON users (email_canonical);

-- The people who are or were members of an account or its projects. sort_key is as in memberships. seen_at is the last use of the
-- account by sessions that ended since, or moved to another account; the others know it themselves.
CREATE TABLE account_users (
    account_id UUID   NOT NULL REFERENCES accounts (id),
    user_id    UUID   NOT NULL REFERENCES users (id),
    known_at   BIGINT NOT NULL,
    sort_key   TEXT COLLATE "C" NOT NULL DEFAULT '',
    seen_at    BIGINT,
    PRIMARY KEY (account_id, user_id)
);
-- A person whose name or email changes.
CREATE INDEX account_users_user ON account_users (user_id);

-- A role without an account is a system role. name_unique is the form of the name that no other role may have; where it is
-- NULL, the program fills it when it starts.
CREATE TABLE roles (
    id          UUID             NOT NULL PRIMARY KEY,
    account_id  UUID             REFERENCES accounts (id),
    scope       TEXT COLLATE "C" NOT NULL CHECK (scope IN ('account', 'project')),
    slug        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    name_key    TEXT COLLATE "C" NOT NULL,
    name_unique TEXT COLLATE "C",
    description TEXT COLLATE "C" NOT NULL,
    permissions TEXT COLLATE "C" NOT NULL,
    is_system   BOOLEAN          NOT NULL CHECK (is_system = (account_id IS NULL)),
    managed_by  TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_by  TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT           NOT NULL,
    updated_at  BIGINT           NOT NULL
);
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
    id             UUID             NOT NULL PRIMARY KEY,
    account_id     UUID             NOT NULL REFERENCES accounts (id),
    name           TEXT COLLATE "C" NOT NULL,
    name_key       TEXT COLLATE "C" NOT NULL,
    name_unique    TEXT COLLATE "C",
    slug           TEXT COLLATE "C" NOT NULL,
    description    TEXT COLLATE "C" NOT NULL,
    default_region TEXT COLLATE "C" NOT NULL,
    is_default     BOOLEAN          NOT NULL,
    is_active      BOOLEAN          NOT NULL,
    managed_by     TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_by     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT           NOT NULL,
    updated_at     BIGINT           NOT NULL
);
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
    managed_by      TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_by      TEXT COLLATE "C" NOT NULL,
    created_by_user UUID,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
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
    key_id      UUID             NOT NULL REFERENCES api_keys (id),
    holder_id   UUID             NOT NULL,
    holder_type TEXT COLLATE "C" NOT NULL CHECK (holder_type IN ('user', 'api_key')),
    until       BIGINT,
    PRIMARY KEY (key_id, holder_id)
);
-- The keys whose secret a person was shown.
CREATE INDEX secret_holders_holder ON secret_holders (holder_id);

-- A closed invitation remains after its membership is gone: its link still has to respond that it was used or cancelled.
-- closed says that the state is final. mail_error is why the last email was not sent, mail_retry_at when it is tried again.
CREATE TABLE invitations (
    id              UUID             NOT NULL PRIMARY KEY,
    account_id      UUID             NOT NULL REFERENCES accounts (id),
    closed          BOOLEAN          NOT NULL DEFAULT FALSE CHECK (closed = (state IN ('accepted', 'cancelled'))),
    project_id      UUID             REFERENCES projects (id),
    scope_id        UUID             NOT NULL GENERATED ALWAYS AS (COALESCE(project_id, account_id)) STORED,
    member_id       UUID             NOT NULL,
    email           TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    invited_by      TEXT COLLATE "C" NOT NULL,
    invited_by_user UUID,
    invited_by_key  UUID,
    -- A name that the inviter proposes, until the invitation is closed.
    proposed_name   TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Of the invitations of one person that were made together, the one whose email is about all of them.
    lead_id         UUID,
    mail_error      TEXT COLLATE "C" NOT NULL DEFAULT '',
    mail_retry_at   BIGINT,
    expires_at      BIGINT           NOT NULL,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL
);
-- The open invitations of an account, in the account and in its projects.
CREATE INDEX invitations_open ON invitations (account_id, id) WHERE NOT closed;
-- Deleting a project.
CREATE INDEX invitations_project ON invitations (project_id) WHERE project_id IS NOT NULL;

-- mailed: the token went to the email address; otherwise fetched_by is who fetched the link.
CREATE TABLE invitation_tokens (
    hash          BYTEA            NOT NULL PRIMARY KEY,
    account_id    UUID             NOT NULL,
    invitation_id UUID             NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    stale         BOOLEAN          NOT NULL,
    mailed        BOOLEAN          NOT NULL DEFAULT FALSE,
    fetched_by    TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at    BIGINT           NOT NULL
);
-- The tokens of an invitation, when one is added, when all are replaced, and when the invitation is deleted.
CREATE INDEX invitation_tokens_invitation ON invitation_tokens (invitation_id);

-- Of everything a person is a member of in an account, one membership leads: that of the account or, without one, the first
-- of a project. Lists of people are lists of those; people who have no account membership are guests. sort_key is the name
-- and the email without case and accents. invitation_id has no foreign key, so that a membership and its invitation can
-- be written in either order. starts_at is reserved.
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
    lead            BOOLEAN          NOT NULL DEFAULT TRUE,
    managed_by      TEXT COLLATE "C" NOT NULL,
    invited_by      TEXT COLLATE "C" NOT NULL,
    invitation_id   UUID,
    invited_at      BIGINT,
    accepted_at     BIGINT,
    starts_at       BIGINT,
    expires_at      BIGINT,
    created_at      BIGINT           NOT NULL,
    updated_at      BIGINT           NOT NULL,
    sort_key        TEXT COLLATE "C" NOT NULL DEFAULT ''
);
-- Unique. The memberships of an email.
CREATE UNIQUE INDEX memberships_email ON memberships (email_canonical, scope_id);
-- Unique. The memberships of a user and of a key: who the caller of a request is.
CREATE UNIQUE INDEX memberships_user ON memberships (user_id, scope_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX memberships_api_key ON memberships (api_key_id, scope_id) WHERE api_key_id IS NOT NULL;
-- Unique.
CREATE UNIQUE INDEX memberships_owner ON memberships (account_id) WHERE is_owner;
-- The members of the account or of a project.
CREATE INDEX memberships_list ON memberships (scope_id, id);
-- The same with a status.
CREATE INDEX memberships_status ON memberships (scope_id, status, id);
-- The same with a role; who has a role, before it is deleted.
CREATE INDEX memberships_role ON memberships (role_id, scope_id, id);
-- The API keys among the members.
CREATE INDEX memberships_keys ON memberships (scope_id, principal_type, id) WHERE principal_type = 'api_key';
-- The people of an account by name, and searches among them.
CREATE INDEX memberships_sorted ON memberships (account_id, sort_key, id) INCLUDE (scope_id) WHERE lead;
-- The people who are members of projects only, and the same with a status.
CREATE INDEX memberships_guests ON memberships (account_id, id) WHERE lead AND scope_id <> account_id;
CREATE INDEX memberships_guest_status ON memberships (account_id, status, id) WHERE lead AND scope_id <> account_id;
-- Deleting a project.
CREATE INDEX memberships_project ON memberships (project_id) WHERE project_id IS NOT NULL;

-- A link to set a password: "first" sets the first one, "reset" one that was forgotten. "email" confirms a new email.
CREATE TABLE link_tokens (
    hash       BYTEA            NOT NULL PRIMARY KEY,
    user_id    UUID             NOT NULL REFERENCES users (id),
    purpose    TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT           NOT NULL,
    email      TEXT COLLATE "C" NOT NULL DEFAULT '',
    used_at    BIGINT
);
-- The links of a person, which end together.
CREATE INDEX link_tokens_user ON link_tokens (user_id);

-- A browser in which someone is signed in. Only the hash of its token is stored. account_id is the account in use. awaits:
-- the second factor has not been proved yet. address is the network address of the last use. ceremony is the open challenge
-- to a passkey.
CREATE TABLE sessions (
    id           UUID             NOT NULL PRIMARY KEY,
    hash         BYTEA            NOT NULL,
    user_id      UUID             NOT NULL REFERENCES users (id),
    account_id   UUID             REFERENCES accounts (id),
    user_agent   TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C" NOT NULL DEFAULT '',
    awaits       BOOLEAN          NOT NULL DEFAULT FALSE,
    ceremony     BYTEA,
    created_at   BIGINT           NOT NULL,
    last_seen_at BIGINT           NOT NULL,
    expires_at   BIGINT           NOT NULL
);
-- Unique. The session of a request.
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
-- The sessions of a person.
CREATE INDEX sessions_user ON sessions (user_id);

-- A session that ends, or moves to another account, leaves behind when the account was last used.
-- +goose StatementBegin
CREATE FUNCTION session_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account_users SET seen_at = OLD.last_seen_at WHERE account_id = OLD.account_id AND user_id = OLD.user_id
        AND COALESCE(seen_at, 0) < OLD.last_seen_at;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER sessions_ended AFTER DELETE ON sessions FOR EACH ROW
    WHEN (OLD.account_id IS NOT NULL AND NOT OLD.awaits) EXECUTE FUNCTION session_left();
CREATE TRIGGER sessions_moved AFTER UPDATE OF account_id ON sessions FOR EACH ROW
    WHEN (OLD.account_id <> NEW.account_id AND NOT OLD.awaits) EXECUTE FUNCTION session_left();

-- A second factor. secret is what the check needs: the shared secret of an authenticator app, or the public key of a passkey.
-- step is the last time step whose code was used, so that no code works twice.
CREATE TABLE factors (
    id           UUID             NOT NULL PRIMARY KEY,
    user_id      UUID             NOT NULL REFERENCES users (id),
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name         TEXT COLLATE "C" NOT NULL,
    confirmed    BOOLEAN          NOT NULL,
    secret       BYTEA            NOT NULL,
    step         BIGINT           NOT NULL,
    created_at   BIGINT           NOT NULL,
    last_used_at BIGINT
);
-- The second factors of a person.
CREATE INDEX factors_user ON factors (user_id);

CREATE TABLE recovery_codes (
    hash    BYTEA  NOT NULL PRIMARY KEY,
    user_id UUID   NOT NULL REFERENCES users (id),
    used_at BIGINT
);
-- The recovery codes of a person.
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- How much of a limit is used up: until a time that each attempt moves further into the future.
CREATE TABLE limits (
    subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until   BIGINT           NOT NULL
);

-- The responses to requests with an Idempotency-Key; NULL while the request runs.
CREATE TABLE idempotency_keys (
    account_id UUID             NOT NULL,
    principal  TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    operation  TEXT COLLATE "C" NOT NULL,
    body_hash  BYTEA            NOT NULL,
    response   BYTEA,
    created_at BIGINT           NOT NULL,
    PRIMARY KEY (account_id, principal, key)
);
-- The keys that have expired.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Queued emails. subject_id is the invitation, which has at most one email in the queue, or else the id of the message.
-- account_id is the nil UUID for emails about how a person signs in, which belong to no account and are sent first. details is what
-- else an email needs, as JSON. failed_at is when the last attempt failed; the row then only says why.
CREATE TABLE outbox (
    account_id    UUID             NOT NULL,
    subject_id    UUID             NOT NULL,
    id            UUID             NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    invitation_id UUID,
    address       TEXT COLLATE "C" NOT NULL,
    attempts      INTEGER          NOT NULL,
    next_at       BIGINT           NOT NULL,
    leased_until  BIGINT,
    last_error    TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT           NOT NULL,
    details       TEXT COLLATE "C" NOT NULL DEFAULT '',
    failed_at     BIGINT,
    PRIMARY KEY (account_id, subject_id)
);

-- Events refer to nothing: they remain when what they describe is gone. address has the 4 or 16 bytes of the client's network
-- address, NULL for the server itself and the operator's commands; user_agent is empty for API keys, too. after_seal is the last seal that was closed when the
-- event was written. mac is the signature of the server that wrote it, if servers have a key. sequence numbers the events of an
-- account without gaps, in the order of the log; NULL until no earlier event can be added any more.
-- The table is partitioned by time. There is always a partition for every time, so that no event is ever refused, and no default
-- partition, which would keep PostgreSQL from reading the partitions in order.
CREATE TABLE audit_events (
    account_id  UUID             NOT NULL,
    at          BIGINT           NOT NULL,
    id          UUID             NOT NULL,
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
    address     BYTEA,
    user_agent  TEXT COLLATE "C" NOT NULL DEFAULT '',
    details     TEXT COLLATE "C" NOT NULL,
    after_seal  BIGINT           NOT NULL DEFAULT 0,
    mac         BYTEA,
    sequence    BIGINT,
    PRIMARY KEY (account_id, at, id)
) PARTITION BY RANGE (at);

-- The partitions of audit_events in their order. The first one has everything until to_at, the last one everything from from_at on.
-- +goose StatementBegin
CREATE FUNCTION event_partitions() RETURNS TABLE (name TEXT, from_at BIGINT, to_at BIGINT) LANGUAGE sql STABLE AS $$
    SELECT c.relname::text, substring(b.bounds FROM 'FROM \(''?(\d+)''?\)')::bigint, substring(b.bounds FROM 'TO \(''?(\d+)''?\)')::bigint
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bounds) b
    WHERE i.inhparent = 'audit_events'::regclass ORDER BY 2 NULLS FIRST
$$;
-- +goose StatementEnd

-- Divides the last partition, so that the times until at least this number of months after the current one have partitions of their own,
-- and returns where the last partition begins. It is usually empty. What a node with a wrong clock wrote into it is moved.
-- New partitions have a year each: every partition makes reading an account's log slower. They have a month each while nearly all
-- accounts have a retention of up to two years, which removes old partitions again.
-- +goose StatementBegin
CREATE FUNCTION extend_events(months INT) RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '500ms' AS $$
DECLARE
    present TIMESTAMP := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    wanted BIGINT := EXTRACT(EPOCH FROM present + make_interval(months => LEAST(months, 12) + 1)) * 1000000;
    begins BIGINT;
    ends BIGINT;
    part TEXT;
    monthly BOOLEAN;
BEGIN
    SELECT p.from_at INTO begins FROM event_partitions() p WHERE p.to_at IS NULL;
    IF begins >= wanted THEN
        RETURN begins;
    END IF;
    BEGIN
        LOCK TABLE ONLY audit_events, ONLY audit_events_later IN ACCESS EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        RETURN begins; -- such as during a dump; there is time until the next call
    END;
    SELECT p.from_at INTO begins FROM event_partitions() p WHERE p.to_at IS NULL; -- another node may have been faster
    IF begins >= wanted THEN
        RETURN begins;
    END IF;
    SELECT COUNT(*) > 0 AND COUNT(*) - COUNT(r.days) FILTER (WHERE r.days <= 731) <= 10 INTO monthly
        FROM accounts a LEFT JOIN audit_retention r ON r.account_id = a.id;
    monthly := monthly AND (SELECT COUNT(*) < 36 FROM event_partitions());
    ALTER TABLE audit_events DETACH PARTITION audit_events_later;
    WHILE begins < wanted LOOP
        part := 'audit_events_' || to_char(to_timestamp(begins / 1000000) AT TIME ZONE 'UTC', 'YYYY_MM');
        ends := EXTRACT(EPOCH FROM CASE WHEN monthly THEN (to_timestamp(begins / 1000000) AT TIME ZONE 'UTC') + interval '1 month'
            ELSE date_trunc('year', to_timestamp(begins / 1000000) AT TIME ZONE 'UTC') + interval '1 year' END) * 1000000;
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%s) TO (%s)', part, begins, ends);
        EXECUTE format('INSERT INTO %I SELECT * FROM audit_events_later WHERE at < %s', part, ends);
        EXECUTE format('DELETE FROM audit_events_later WHERE at < %s', ends);
        begins := ends;
    END LOOP;
    EXECUTE format('ALTER TABLE audit_events ATTACH PARTITION audit_events_later FOR VALUES FROM (%s) TO (MAXVALUE)', begins);
    RETURN begins;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
    begins BIGINT := EXTRACT(EPOCH FROM date_trunc('year', clock_timestamp() AT TIME ZONE 'UTC') + interval '1 year') * 1000000;
BEGIN
    EXECUTE format('CREATE TABLE audit_events_first PARTITION OF audit_events FOR VALUES FROM (MINVALUE) TO (%s)', begins);
    EXECUTE format('CREATE TABLE audit_events_later PARTITION OF audit_events FOR VALUES FROM (%s) TO (MAXVALUE)', begins);
END $$;
-- +goose StatementEnd

-- Where the events that a filter selects are in the log: a row for each slice of time, of 65.536 ms (at >> 16), that has any. Many
-- events in a short time share their rows. There is no unique index, because concurrent transactions would wait for each other:
-- a slice may have several equal rows. kind is 'actor', 'target' or 'project', or 'action' without a subject. Targets are not
-- divided by action. The event about the creation of its target has no row, because the id of the target tells the
-- time: it is searched for within 250 ms of that time.
CREATE TABLE event_slices (
    account_id UUID             NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    slice      BIGINT           NOT NULL
);
-- The filters of the audit log.
CREATE INDEX event_slices_list ON event_slices (account_id, kind, subject, action, slice);

-- +goose StatementBegin
CREATE FUNCTION events_sliced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_slices (account_id, kind, subject, action, slice)
        SELECT DISTINCT e.account_id, k.kind, k.subject, k.action, e.at >> 16 FROM added e CROSS JOIN LATERAL (VALUES
            ('action', '', e.action), ('actor', e.actor_id, e.action), ('target', e.target_id, ''), ('project', e.project_id::text, e.action)) k (kind, subject, action)
        WHERE k.subject IS NOT NULL
        AND NOT (k.kind = 'target' AND length(e.target_id) = 36 AND left(e.target_id, 8) || substr(e.target_id, 10, 4)
            BETWEEN lpad(to_hex(e.at / 1000 - 250), 12, '0') AND lpad(to_hex(e.at / 1000 + 250), 12, '0'))
        AND NOT EXISTS (SELECT 1 FROM event_slices s WHERE s.account_id = e.account_id AND s.kind = k.kind AND s.subject = k.subject
            AND s.action = k.action AND s.slice = e.at >> 16);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_events_sliced AFTER INSERT ON audit_events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events_sliced();

-- What is left of personal data that was erased from an event: commitments to it, and the salts of the event's other texts, as JSON.
CREATE TABLE erased_events (
    account_id UUID   NOT NULL,
    at         BIGINT NOT NULL,
    id         UUID   NOT NULL,
    openings   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, at, id)
);

-- The secrets of a log from which the salts of its events follow: each one for the 1 << level events from the sequence first on.
-- There is one for a log, until personal data is erased from it.
CREATE TABLE audit_secrets (
    account_id UUID   NOT NULL,
    first      BIGINT NOT NULL,
    level      BIGINT NOT NULL,
    secret     BYTEA  NOT NULL,
    PRIMARY KEY (account_id, first)
);

-- People who are erased, or were. subject is what to look for, as JSON, until it is done. place_* is the last event that was read.
CREATE TABLE erasures (
    id            UUID   NOT NULL PRIMARY KEY,
    person        TEXT COLLATE "C" NOT NULL,
    user_id       UUID,
    subject       TEXT COLLATE "C" NOT NULL,
    ordered_by    TEXT COLLATE "C" NOT NULL,
    events        BIGINT NOT NULL,
    place_account UUID,
    place_at      BIGINT,
    place_id      UUID,
    created_at    BIGINT NOT NULL,
    done_at       BIGINT
);

-- erase_event replaces texts of an event by the pseudonym of a person whose erasure was ordered: the role that serves may not change events. What
-- is not a text of the person stays as it is.
-- +goose StatementBegin
CREATE FUNCTION erase_event(account UUID, event_at BIGINT, event_id UUID, pseudonym TEXT, actor TEXT, target TEXT, without_address BOOLEAN, agent TEXT, told TEXT, left_over TEXT)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM erasures r JOIN audit_events o ON o.account_id = '00000000-0000-0000-0000-000000000001'
        AND o.at BETWEEN r.created_at - 600000000 AND r.created_at + 600000000 AND o.action = 'person.erasure_ordered' AND o.target_id = r.id::text AND o.target_name = r.person
        WHERE r.person = pseudonym AND r.done_at IS NULL) THEN
        RAISE EXCEPTION 'nobody ordered the erasure of %', pseudonym;
    END IF;
    UPDATE audit_events e SET actor_name = actor, target_name = target, address = CASE WHEN without_address THEN NULL ELSE e.address END, user_agent = agent, details = told
        WHERE e.account_id = account AND e.at = event_at AND e.id = event_id AND actor IN (e.actor_name, pseudonym) AND target IN (e.target_name, pseudonym)
        AND agent IN (e.user_agent, '') AND regexp_replace(told, '"(\\.|[^"\\])*"', '""', 'g') = regexp_replace(e.details, '"(\\.|[^"\\])*"', '""', 'g');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event % can only be changed by replacing texts with %', event_id, pseudonym;
    END IF;
    INSERT INTO erased_events (account_id, at, id, openings) VALUES (account, event_at, event_id, left_over)
        ON CONFLICT (account_id, at, id) DO UPDATE SET openings = excluded.openings;
END $$;
-- +goose StatementEnd

-- forget_secret removes the secret of a log that begins at a sequence, and stores others, a JSON list, in its place. Together they are for
-- as many events, less one.
-- +goose StatementBegin
CREATE FUNCTION forget_secret(account UUID, removed BIGINT, added TEXT) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_secrets s WHERE s.account_id = account AND s.first = removed AND 1::bigint << s.level::int =
        1 + (SELECT COALESCE(SUM(1::bigint << (a->>'level')::int), 0) FROM json_array_elements(added::json) a)) THEN
        RAISE EXCEPTION 'the log of account % has no such secret', account;
    END IF;
    DELETE FROM audit_secrets s WHERE s.account_id = account AND s.first = removed;
    INSERT INTO audit_secrets (account_id, first, level, secret)
        SELECT account, (a->>'first')::bigint, (a->>'level')::bigint, decode(a->>'secret', 'hex') FROM json_array_elements(added::json) a;
END $$;
-- +goose StatementEnd

-- A seal covers an account's events of a period, and the seal before it. Seals of version 1 begin where the previous seal
-- ends, and their hash begins with its hash. Later versions store both. Those before version 3 cover the texts of events themselves. The seals of a day are merged into the last of them: then
-- first_seq is less than seq, and merged lists "length,events,delay of its creation" for each of them.
CREATE TABLE audit_seals (
    account_id UUID             NOT NULL,
    seq        BIGINT           NOT NULL,
    version    BIGINT           NOT NULL DEFAULT 1,
    from_at    BIGINT,
    until_at   BIGINT           NOT NULL,
    events     BIGINT           NOT NULL,
    prev       BYTEA,
    hash       BYTEA            NOT NULL,
    key_id     TEXT COLLATE "C" NOT NULL DEFAULT '',
    note       TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at BIGINT           NOT NULL,
    first_seq  BIGINT           NOT NULL,
    merged     TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, seq)
);

-- Merges the seals from first to last, if they are regular ones with the same key. It runs as the owner of the tables, because
-- the role that serves may not change seals; it loses nothing.
-- +goose StatementBegin
CREATE FUNCTION merge_seals(account UUID, first BIGINT, last BIGINT) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE audit_seals SET first_seq = first, from_at = f.from_at, prev = f.prev, events = a.events, merged = a.merged
        FROM (SELECT SUM(events)::bigint AS events, string_agg((until_at - COALESCE(from_at, 0)) || ',' || events || ',' || (created_at - until_at), ';' ORDER BY seq) AS merged,
            COUNT(*) FILTER (WHERE version <> 3 OR note <> '' OR first_seq <> seq) + COUNT(DISTINCT key_id) - 1 + ABS(COUNT(*) - (last - first + 1)) AS unlike
            FROM audit_seals WHERE account_id = account AND seq BETWEEN first AND last) a,
            (SELECT from_at, prev FROM audit_seals WHERE account_id = account AND seq = first) f
        WHERE account_id = account AND seq = last AND a.unlike = 0;
    DELETE FROM audit_seals WHERE account_id = account AND seq >= first AND seq < last
        AND EXISTS (SELECT 1 FROM audit_seals m WHERE m.account_id = account AND m.seq = last AND m.first_seq = first);
END $$;
-- +goose StatementEnd

-- For how many days the audit log of an account is kept; without a row, forever. Only the operator sets it.
CREATE TABLE audit_retention (
    account_id UUID   NOT NULL PRIMARY KEY,
    days       BIGINT NOT NULL
);

-- That the log of an account is to be kept for a shorter time, from effective_at on. An event of the log announces it.
CREATE TABLE audit_retention_changes (
    account_id   UUID   NOT NULL PRIMARY KEY,
    days         BIGINT NOT NULL,
    effective_at BIGINT NOT NULL
);

-- Where the audit log of an account begins since older events were removed: after the seal seq, which remains. mac is its
-- signature, sequence that of the last removed event.
CREATE TABLE audit_checkpoints (
    account_id UUID   NOT NULL PRIMARY KEY,
    seq        BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    hash       BYTEA  NOT NULL,
    sequence   BIGINT NOT NULL,
    days       BIGINT NOT NULL,
    key_id     TEXT COLLATE "C" NOT NULL,
    mac        BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);

-- announce_retention sets for how many days a log is kept; 0 means forever. A longer time takes effect immediately. A shorter one takes
-- effect after a week, and is at least 30 days. It returns when, or 0 for immediately. apply_retention puts it into effect, if an event of the
-- log announced it, which no one who serves can remove, and reports whether it did. They run as the owner of the tables, because the role that serves may not
-- change the retention.
-- +goose StatementBegin
CREATE FUNCTION announce_retention(account UUID, kept_days BIGINT) RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    due BIGINT := EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 + 7 * 86400000000;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = account) OR kept_days < 0 OR kept_days > 36500 THEN
        RAISE EXCEPTION 'the log of account % cannot be kept for % days', account, kept_days;
    END IF;
    DELETE FROM audit_retention_changes c WHERE c.account_id = account;
    IF kept_days = 0 THEN
        DELETE FROM audit_retention r WHERE r.account_id = account;
        RETURN 0;
    END IF;
    UPDATE audit_retention r SET days = kept_days WHERE r.account_id = account AND r.days <= kept_days;
    IF FOUND THEN
        RETURN 0;
    END IF;
    IF kept_days < 30 THEN
        RAISE EXCEPTION 'the log of account % must be kept for 30 days', account;
    END IF;
    INSERT INTO audit_retention_changes (account_id, days, effective_at) VALUES (account, kept_days, due);
    RETURN due;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION apply_retention(account UUID) RETURNS BOOLEAN LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    present BIGINT := EXTRACT(EPOCH FROM clock_timestamp()) * 1000000;
    kept_days BIGINT;
BEGIN
    DELETE FROM audit_retention_changes c WHERE c.account_id = account AND c.effective_at <= present RETURNING c.days INTO kept_days;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM event_slices s JOIN audit_events e ON e.account_id = s.account_id AND e.at >= s.slice << 16 AND e.at < (s.slice + 1) << 16
        WHERE s.account_id = account AND s.kind = 'action' AND s.subject = '' AND s.action = 'audit_log.retention_announced'
        AND e.action = 'audit_log.retention_announced' AND (e.details::jsonb #>> '{days,to}')::bigint = kept_days) THEN
        RAISE EXCEPTION 'the log of account % does not announce that it is kept for % days', account, kept_days;
    END IF;
    INSERT INTO audit_retention (account_id, days) VALUES (account, kept_days) ON CONFLICT (account_id) DO UPDATE SET days = excluded.days;
    RETURN TRUE;
END $$;
-- +goose StatementEnd

-- The functions below remove what the retention of an account allows. They run as the owner of the tables, because the role that
-- serves may not delete events, nor change the retention.
-- +goose StatementBegin
CREATE FUNCTION set_checkpoint(account UUID, seal BIGINT, until_time BIGINT, seal_hash BYTEA, last BIGINT, kept_days BIGINT, key TEXT, signature BYTEA, now_time BIGINT)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_seals s, audit_retention r WHERE s.account_id = account AND s.seq = seal AND s.until_at = until_time AND s.hash = seal_hash
        AND r.account_id = account AND r.days = kept_days AND until_time <= EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 - r.days * 86400000000) THEN
        RAISE EXCEPTION 'the events of account % until % must be kept', account, until_time;
    END IF;
    INSERT INTO audit_checkpoints (account_id, seq, until_at, hash, sequence, days, key_id, mac, created_at)
        VALUES (account, seal, until_time, seal_hash, last, kept_days, key, signature, now_time)
        ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, until_at = excluded.until_at,
        hash = excluded.hash, sequence = excluded.sequence, days = excluded.days, key_id = excluded.key_id, mac = excluded.mac, created_at = excluded.created_at
        WHERE audit_checkpoints.seq < excluded.seq;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION remove_expired_events(account UUID, most BIGINT) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM audit_events e USING (SELECT o.at, o.id FROM audit_events o WHERE o.account_id = account
        AND o.at < (SELECT c.until_at FROM audit_checkpoints c WHERE c.account_id = account) ORDER BY o.at, o.id LIMIT most) old
        WHERE e.account_id = account AND e.at = old.at AND e.id = old.id;
END $$;
-- +goose StatementEnd

-- The number of events of a partition that are not before the checkpoint of their account, but at most most. The cost depends on the
-- number of accounts, not of events.
-- +goose StatementBegin
CREATE FUNCTION kept_events(part TEXT, most BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    kept BIGINT;
BEGIN
    EXECUTE format('WITH RECURSIVE a (id) AS ((SELECT e.account_id FROM %1$I e ORDER BY e.account_id LIMIT 1)
        UNION ALL SELECT (SELECT e.account_id FROM %1$I e WHERE e.account_id > a.id ORDER BY e.account_id LIMIT 1) FROM a WHERE a.id IS NOT NULL)
        SELECT COUNT(*) FROM (SELECT 1 FROM a CROSS JOIN LATERAL (SELECT 1 FROM %1$I e WHERE e.account_id = a.id
            AND e.at >= COALESCE((SELECT c.until_at FROM audit_checkpoints c WHERE c.account_id = a.id), 0) LIMIT $1) l LIMIT $1) k', part)
        INTO kept USING most;
    RETURN kept;
END $$;
-- +goose StatementEnd

-- Removes the partitions of past times in which no account keeps anything, without leaving dead rows, and returns their number. The few
-- events that some accounts keep longer, such as the operator's own, are moved into the first partition, which then has the time of the
-- removed one, too. A partition with many such events remains.
-- +goose StatementBegin
CREATE FUNCTION drop_expired_events() RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '500ms' AS $$
DECLARE
    few CONSTANT BIGINT := 10000;
    small CONSTANT BIGINT := 67108864; -- bytes of the first partition, which is read when it is attached
    present BIGINT := EXTRACT(EPOCH FROM clock_timestamp()) * 1000000;
    part RECORD;
    removed BIGINT := 0;
BEGIN
    FOR part IN SELECT * FROM event_partitions() p WHERE p.from_at IS NOT NULL AND p.to_at < present LOOP
        IF pg_relation_size('audit_events_first') > small OR kept_events(part.name, few + 1) > few THEN
            EXIT; -- only the one after the first can be removed, because a time without a partition would refuse events
        END IF;
        BEGIN
            EXECUTE format('LOCK TABLE ONLY audit_events, ONLY audit_events_first, ONLY %I IN ACCESS EXCLUSIVE MODE', part.name);
        EXCEPTION WHEN lock_not_available OR undefined_table THEN
            EXIT; -- until the next call, or because another node removes it
        END;
        IF NOT EXISTS (SELECT 1 FROM event_partitions() p WHERE p.name = part.name) OR kept_events(part.name, few + 1) > few THEN
            EXIT;
        END IF;
        EXECUTE format('ALTER TABLE audit_events DETACH PARTITION %I', part.name);
        ALTER TABLE audit_events DETACH PARTITION audit_events_first;
        EXECUTE format('INSERT INTO audit_events_first SELECT e.* FROM %I e LEFT JOIN audit_checkpoints c ON c.account_id = e.account_id
            WHERE e.at >= COALESCE(c.until_at, 0)', part.name);
        EXECUTE format('DROP TABLE %I', part.name);
        EXECUTE format('ALTER TABLE audit_events ATTACH PARTITION audit_events_first FOR VALUES FROM (MINVALUE) TO (%s)', part.to_at);
        removed := removed + 1;
    END LOOP;
    RETURN removed;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION remove_expired_rest(account UUID) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM audit_seals s USING audit_checkpoints c WHERE s.account_id = account AND c.account_id = account AND s.seq < c.seq AND s.until_at <= c.until_at;
    DELETE FROM erased_events x WHERE x.account_id = account AND x.at < (SELECT MIN(e.at) FROM audit_events e WHERE e.account_id = account);
    DELETE FROM event_slices s WHERE s.account_id = account AND s.slice < (SELECT MIN(e.at) >> 16 FROM audit_events e WHERE e.account_id = account);
END $$;
-- +goose StatementEnd

-- remove_log removes the log of an account that is being removed, in parts of up to most rows. The removal must have been announced in
-- the operator's own log, from which no one who serves can remove it again, and the account must have no members any more.
-- +goose StatementBegin
CREATE FUNCTION remove_log(account UUID, most BIGINT) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = account AND a.state = 'removing')
        OR EXISTS (SELECT 1 FROM memberships m WHERE m.scope_id = account)
        OR NOT EXISTS (SELECT 1 FROM event_slices s JOIN audit_events e ON e.account_id = s.account_id AND e.at >= s.slice << 16 AND e.at < (s.slice + 1) << 16
            WHERE s.account_id = '00000000-0000-0000-0000-000000000001' AND s.kind = 'target' AND s.subject = account::text AND s.action = ''
            AND e.target_id = account::text AND e.action = 'account.deletion_scheduled')
        -- What happened just after the account was created is not in event_slices.
        AND NOT EXISTS (SELECT 1 FROM accounts a JOIN audit_events e ON e.account_id = '00000000-0000-0000-0000-000000000001'
            AND e.at BETWEEN a.created_at - 1000000 AND a.created_at + 1000000
            WHERE a.id = account AND e.target_id = account::text AND e.action = 'account.deletion_scheduled') THEN
        RAISE EXCEPTION 'the log of account % must be kept', account;
    END IF;
    DELETE FROM audit_events e USING (SELECT o.at, o.id FROM audit_events o WHERE o.account_id = account ORDER BY o.at, o.id LIMIT most) old
        WHERE e.account_id = account AND e.at = old.at AND e.id = old.id;
    DELETE FROM event_slices s USING (SELECT o.kind, o.subject, o.action, o.slice FROM event_slices o WHERE o.account_id = account LIMIT most) old
        WHERE s.account_id = account AND s.kind = old.kind AND s.subject = old.subject AND s.action = old.action AND s.slice = old.slice;
    DELETE FROM audit_seals s USING (SELECT o.seq FROM audit_seals o WHERE o.account_id = account ORDER BY o.seq LIMIT most) old
        WHERE s.account_id = account AND s.seq = old.seq;
    DELETE FROM erased_events x USING (SELECT o.at, o.id FROM erased_events o WHERE o.account_id = account LIMIT most) old
        WHERE x.account_id = account AND x.at = old.at AND x.id = old.id;
    DELETE FROM audit_secrets s USING (SELECT o.first FROM audit_secrets o WHERE o.account_id = account LIMIT most) old
        WHERE s.account_id = account AND s.first = old.first;
    DELETE FROM audit_checkpoints c WHERE c.account_id = account;
    DELETE FROM audit_retention r WHERE r.account_id = account;
    DELETE FROM audit_retention_changes c WHERE c.account_id = account;
END $$;
-- +goose StatementEnd

-- The position in the log of an account. Events are only written after closed_until; a seal covers what is before it. numbered
-- is the last sequence that was given, to the event with numbered_at and numbered_id.
CREATE TABLE audit_heads (
    account_id   UUID             NOT NULL PRIMARY KEY,
    sealed_seq   BIGINT           NOT NULL,
    sealed_until BIGINT,
    hash         BYTEA,
    key_id       TEXT COLLATE "C" NOT NULL,
    closed_seq   BIGINT           NOT NULL,
    closed_until BIGINT,
    note         TEXT COLLATE "C" NOT NULL,
    numbered     BIGINT           NOT NULL DEFAULT 0,
    numbered_at  BIGINT,
    numbered_id  UUID
);

-- The keys of the operator's own API. Only the hash of the secret is stored; a key that was revoked has no row.
CREATE TABLE operator_keys (
    id           UUID   NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL,
    scope        TEXT COLLATE "C" NOT NULL CHECK (scope IN ('read', 'support', 'write')),
    key_prefix   TEXT COLLATE "C" NOT NULL,
    hash         BYTEA   NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    created_at   BIGINT NOT NULL
);
-- Unique. The key of a request.
CREATE UNIQUE INDEX operator_keys_hash ON operator_keys (hash);

-- The file of the logo that an account has in place of the operator's. It is not in the row of the account, which every request reads.
CREATE TABLE account_logos (
    account_id UUID NOT NULL PRIMARY KEY REFERENCES accounts (id),
    sum        BYTEA NOT NULL,
    content    BYTEA NOT NULL
);
-- The file that a page asks for by its hash.
CREATE INDEX account_logos_sum ON account_logos (sum);

-- That an account lets the operator's support in: at most one grant at a time, until expires_at. A grant that was ended has no row.
CREATE TABLE support_grants (
    account_id      UUID NOT NULL PRIMARY KEY REFERENCES accounts (id),
    id              UUID NOT NULL,
    level           TEXT COLLATE "C" NOT NULL CHECK (level IN ('read', 'write')),
    reason          TEXT COLLATE "C" NOT NULL,
    granted_by_type TEXT COLLATE "C" NOT NULL,
    granted_by      TEXT COLLATE "C" NOT NULL,
    granted_by_name TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
-- The grants that have expired.
CREATE INDEX support_grants_end ON support_grants (expires_at);

-- A person of the operator's support in an account. Only hashes are stored: hash is that of the credential for the API, link_hash that
-- of the link to the dashboard until it is used, web_hash that of the browser in which it was used. A session that was ended has no row.
CREATE TABLE support_sessions (
    id                UUID NOT NULL PRIMARY KEY,
    account_id        UUID NOT NULL REFERENCES accounts (id),
    grant_id          UUID NOT NULL,
    operator_key_id   UUID NOT NULL,
    operator_key_name TEXT COLLATE "C" NOT NULL,
    person            TEXT COLLATE "C" NOT NULL,
    reason            TEXT COLLATE "C" NOT NULL,
    hash              BYTEA NOT NULL,
    link_hash         BYTEA,
    web_hash          BYTEA,
    requests          BIGINT NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    last_used_at      BIGINT
);
-- Unique. The session of a request, by its credential, and by the browser; and by its link.
CREATE UNIQUE INDEX support_sessions_hash ON support_sessions (hash);
CREATE UNIQUE INDEX support_sessions_web ON support_sessions (web_hash) WHERE web_hash IS NOT NULL;
CREATE UNIQUE INDEX support_sessions_link ON support_sessions (link_hash) WHERE link_hash IS NOT NULL;
-- The sessions in an account.
CREATE INDEX support_sessions_account ON support_sessions (account_id, id);
-- The sessions that have expired.
CREATE INDEX support_sessions_end ON support_sessions (expires_at);

-- The operator has a log of its own; see event.OperatorLog.
INSERT INTO audit_heads (account_id, sealed_seq, key_id, closed_seq, note) VALUES ('00000000-0000-0000-0000-000000000001', 0, '', 0, '');

-- A node reports every few seconds that it is alive; the rate limits are shared among those that are. One that stops removes its row;
-- one that was killed stays in the list for some days. runs and keys are words, separated by spaces: keys are the
-- ids of the keys for authenticator apps that it has, with = after the one with which it encrypts. jobs is JSON.
CREATE TABLE nodes (
    id         UUID             NOT NULL PRIMARY KEY,
    seen_at    BIGINT           NOT NULL,
    started_at BIGINT           NOT NULL DEFAULT 0,
    version    TEXT COLLATE "C" NOT NULL DEFAULT '',
    host       TEXT COLLATE "C" NOT NULL DEFAULT '',
    address    TEXT COLLATE "C" NOT NULL DEFAULT '',
    runs       TEXT COLLATE "C" NOT NULL DEFAULT '',
    jobs       TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    keys       TEXT COLLATE "C" NOT NULL DEFAULT ''
);

-- How much an account was used on a day, in UTC; day is the number of days since 1970. The ids of the people and keys of the last days are
-- in usage_ids, so that each counts once on all nodes together; then open is FALSE, and members and api_keys are their numbers.
CREATE TABLE usage_days (
    day        BIGINT  NOT NULL,
    account_id UUID    NOT NULL REFERENCES accounts (id),
    members    BIGINT  NOT NULL DEFAULT 0,
    api_keys   BIGINT  NOT NULL DEFAULT 0,
    requests   BIGINT  NOT NULL,
    decisions  BIGINT  NOT NULL,
    open       BOOLEAN NOT NULL DEFAULT TRUE,
    PRIMARY KEY (day, account_id)
);
-- The days of an account.
CREATE INDEX usage_days_account ON usage_days (account_id, day);
-- The days whose ids are to be replaced by numbers.
CREATE INDEX usage_days_open ON usage_days (day, account_id) WHERE open;

CREATE TABLE usage_ids (
    account_id UUID   NOT NULL,
    kind       TEXT COLLATE "C"   NOT NULL CHECK (kind IN ('member', 'api_key')),
    id         UUID   NOT NULL,
    day        BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, id, day)
);

-- Keys that all nodes share, to recognize what they signed. The setting signing_key_active names the one that signs; a retired key
-- recognizes what it signed before.
CREATE TABLE signing_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret     BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);

-- What the operator decided for all programs on the database: the catalog and the public URL.
CREATE TABLE settings (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION invitation_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM outbox WHERE account_id = OLD.account_id AND subject_id = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER invitations_deleted AFTER DELETE ON invitations FOR EACH ROW EXECUTE FUNCTION invitation_deleted();

-- The number of memberships of each kind, so that no list has to count. Triggers maintain it, whoever writes. A kind may have
-- several rows, whose sum counts: a change takes any that no other change has locked, or adds one, and waits for none.
CREATE TABLE member_counts (
    id             BIGINT           NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id     UUID             NOT NULL,
    scope_id       UUID             NOT NULL,
    role_id        UUID             NOT NULL,
    status         TEXT COLLATE "C" NOT NULL,
    principal_type TEXT COLLATE "C" NOT NULL,
    is_owner       BOOLEAN          NOT NULL,
    lead           BOOLEAN          NOT NULL,
    n              BIGINT           NOT NULL
) WITH (fillfactor = 50);
-- The number of memberships of a kind, for lists and for the triggers.
CREATE INDEX member_counts_kind ON member_counts (scope_id, role_id, status, principal_type, is_owner, lead);
-- The number of people of an account.
CREATE INDEX member_counts_people ON member_counts (account_id) WHERE lead;

-- The number of things of each kind that an account has, so that a quota costs the same regardless of that number. Triggers
-- maintain it, whoever writes, in several rows like member_counts.
CREATE TABLE account_counts (
    id         BIGINT           NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id UUID             NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    n          BIGINT           NOT NULL
) WITH (fillfactor = 50);
-- The number of things of a kind, for quotas and for the triggers.
CREATE INDEX account_counts_kind ON account_counts (account_id, kind);

-- +goose StatementBegin
CREATE FUNCTION count_members(kind member_counts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place BIGINT;
    left_over BIGINT;
BEGIN
    UPDATE member_counts SET n = n + kind.n WHERE id = (SELECT c.id FROM member_counts c WHERE c.scope_id = kind.scope_id
        AND c.role_id = kind.role_id AND c.status = kind.status AND c.principal_type = kind.principal_type
        AND c.is_owner = kind.is_owner AND c.lead = kind.lead LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, n INTO place, left_over;
    IF place IS NULL THEN
        INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
            VALUES (kind.account_id, kind.scope_id, kind.role_id, kind.status, kind.principal_type, kind.is_owner, kind.lead, kind.n);
    ELSIF left_over = 0 THEN
        DELETE FROM member_counts WHERE id = place;
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind member_counts;
BEGIN
    FOR kind IN SELECT 0, account_id, scope_id, role_id, status, principal_type, is_owner, lead, -COUNT(*) FROM removed GROUP BY 2, 3, 4, 5, 6, 7, 8 LOOP
        PERFORM count_members(kind);
    END LOOP;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind member_counts;
BEGIN
    FOR kind IN SELECT 0, account_id, scope_id, role_id, status, principal_type, is_owner, lead, SUM(more)
        FROM (SELECT *, 1 AS more FROM added UNION ALL SELECT *, -1 FROM removed) moved GROUP BY 2, 3, 4, 5, 6, 7, 8 HAVING SUM(more) <> 0 LOOP
        PERFORM count_members(kind);
    END LOOP;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION lead_membership(within UUID, person TEXT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE memberships m SET lead = NOT m.lead FROM (SELECT f.id FROM memberships f WHERE f.email_canonical = person
        AND (f.account_id = within) IS TRUE ORDER BY f.project_id IS NOT NULL, f.id LIMIT 1) first
    WHERE m.email_canonical = person AND (m.account_id = within) IS TRUE AND m.lead <> (m.id = first.id);
END $$;
-- +goose StatementEnd

-- Two changes that add the same person at the same time would not see each other. A change that runs alone in its account says
-- so in raff.alone and needs no lock for each person: a lock takes shared memory, of which there is little.
-- +goose StatementBegin
CREATE FUNCTION membership_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('raff.alone', TRUE) IS DISTINCT FROM NEW.account_id::text THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account_id::text || NEW.email_canonical, 0));
    END IF;
    -- A new row leads; one that came from another address may not.
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM memberships o WHERE o.email_canonical = NEW.email_canonical AND (o.account_id = NEW.account_id) IS TRUE AND o.id <> NEW.id) THEN
        PERFORM lead_membership(NEW.account_id, NEW.email_canonical);
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM count_members(ROW(0, NEW.account_id, NEW.scope_id, NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead, 1)::member_counts);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION lead_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lead_membership(OLD.account_id, OLD.email_canonical);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER memberships_count_removed AFTER DELETE ON memberships
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed();
CREATE TRIGGER memberships_count_changed AFTER UPDATE ON memberships
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_changed();
CREATE TRIGGER memberships_added AFTER INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION membership_added();
CREATE TRIGGER memberships_lead_removed AFTER DELETE ON memberships FOR EACH ROW WHEN (OLD.lead) EXECUTE FUNCTION lead_removed();
CREATE TRIGGER memberships_lead_moved_from AFTER UPDATE OF email_canonical ON memberships
    FOR EACH ROW WHEN (OLD.email_canonical <> NEW.email_canonical) EXECUTE FUNCTION lead_removed();
CREATE TRIGGER memberships_lead_moved_to AFTER UPDATE OF email_canonical ON memberships
    FOR EACH ROW WHEN (OLD.email_canonical <> NEW.email_canonical) EXECUTE FUNCTION membership_added();

-- +goose StatementBegin
CREATE FUNCTION count_for(within UUID, what TEXT, more BIGINT) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place BIGINT;
    left_over BIGINT;
BEGIN
    UPDATE account_counts SET n = n + more WHERE id = (SELECT c.id FROM account_counts c WHERE c.account_id = within
        AND c.kind = what LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, n INTO place, left_over;
    IF place IS NULL THEN
        INSERT INTO account_counts (account_id, kind, n) VALUES (within, what, more);
    ELSIF left_over = 0 THEN
        DELETE FROM account_counts WHERE id = place;
    END IF;
END $$;
-- +goose StatementEnd

-- The number of memberships of projects with a role, which is in many projects, in several rows like member_counts; status is
-- 'people' or 'keys'.
CREATE TABLE role_counts (
    id         BIGINT           NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id UUID             NOT NULL,
    role_id    UUID             NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    n          BIGINT           NOT NULL
) WITH (fillfactor = 50);
-- The number for a role, for the list of roles and for the triggers.
CREATE INDEX role_counts_role ON role_counts (account_id, role_id);

-- +goose StatementBegin
CREATE FUNCTION count_role(within uuid, role uuid, principal text, more bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    what TEXT := CASE principal WHEN 'api_key' THEN 'keys' ELSE 'people' END;
    place BIGINT;
    left_over BIGINT;
BEGIN
    UPDATE role_counts SET n = n + more WHERE id = (SELECT c.id FROM role_counts c WHERE c.account_id = within AND c.role_id = role
        AND c.status = what LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, n INTO place, left_over;
    IF place IS NULL THEN
        INSERT INTO role_counts (account_id, role_id, status, n) VALUES (within, role, what, more);
    ELSIF left_over = 0 THEN
        DELETE FROM role_counts WHERE id = place;
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_project_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM count_role(OLD.account_id, OLD.role_id, OLD.principal_type, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM count_role(NEW.account_id, NEW.role_id, NEW.principal_type, 1);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER memberships_role_added AFTER INSERT ON memberships FOR EACH ROW WHEN (NEW.project_id IS NOT NULL) EXECUTE FUNCTION count_project_role();
CREATE TRIGGER memberships_role_removed AFTER DELETE ON memberships FOR EACH ROW WHEN (OLD.project_id IS NOT NULL) EXECUTE FUNCTION count_project_role();
CREATE TRIGGER memberships_role_changed AFTER UPDATE OF role_id ON memberships FOR EACH ROW
    WHEN (NEW.project_id IS NOT NULL AND OLD.role_id <> NEW.role_id) EXECUTE FUNCTION count_project_role();

-- The argument of the trigger is what is counted.
-- +goose StatementBegin
CREATE FUNCTION count_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_for(NEW.account_id, TG_ARGV[0], 1);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION count_one_less() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_for(OLD.account_id, TG_ARGV[0], -1);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER roles_counted AFTER INSERT ON roles FOR EACH ROW WHEN (NEW.account_id IS NOT NULL) EXECUTE FUNCTION count_one('roles');
CREATE TRIGGER roles_uncounted AFTER DELETE ON roles FOR EACH ROW WHEN (OLD.account_id IS NOT NULL) EXECUTE FUNCTION count_one_less('roles');
CREATE TRIGGER account_roles_counted AFTER INSERT ON roles FOR EACH ROW WHEN (NEW.account_id IS NOT NULL AND NEW.scope = 'account') EXECUTE FUNCTION count_one('roles.account');
CREATE TRIGGER account_roles_uncounted AFTER DELETE ON roles FOR EACH ROW WHEN (OLD.account_id IS NOT NULL AND OLD.scope = 'account') EXECUTE FUNCTION count_one_less('roles.account');
CREATE TRIGGER project_roles_counted AFTER INSERT ON roles FOR EACH ROW WHEN (NEW.account_id IS NOT NULL AND NEW.scope = 'project') EXECUTE FUNCTION count_one('roles.project');
CREATE TRIGGER project_roles_uncounted AFTER DELETE ON roles FOR EACH ROW WHEN (OLD.account_id IS NOT NULL AND OLD.scope = 'project') EXECUTE FUNCTION count_one_less('roles.project');
CREATE TRIGGER projects_counted AFTER INSERT ON projects FOR EACH ROW EXECUTE FUNCTION count_one('projects');
CREATE TRIGGER projects_uncounted AFTER DELETE ON projects FOR EACH ROW EXECUTE FUNCTION count_one_less('projects');
CREATE TRIGGER api_keys_counted AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION count_one('api_keys');
CREATE TRIGGER api_keys_uncounted AFTER DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION count_one_less('api_keys');
CREATE TRIGGER invited_counted AFTER INSERT ON memberships FOR EACH ROW WHEN (NEW.principal_type = 'invitation') EXECUTE FUNCTION count_one('invitations');
CREATE TRIGGER invited_uncounted AFTER DELETE ON memberships FOR EACH ROW WHEN (OLD.principal_type = 'invitation') EXECUTE FUNCTION count_one_less('invitations');
CREATE TRIGGER invited_accepted AFTER UPDATE OF principal_type ON memberships FOR EACH ROW
    WHEN (OLD.principal_type = 'invitation' AND NEW.principal_type <> 'invitation') EXECUTE FUNCTION count_one_less('invitations');
CREATE TRIGGER invited_again AFTER UPDATE OF principal_type ON memberships FOR EACH ROW
    WHEN (OLD.principal_type <> 'invitation' AND NEW.principal_type = 'invitation') EXECUTE FUNCTION count_one('invitations');

-- Names that other systems gave to members, projects, roles and API keys, and to resources of the product, which belong to
-- a project: then kind is the type of the resource, and object_id the project.
CREATE TABLE external_ids (
    account_id UUID NOT NULL REFERENCES accounts (id),
    kind       TEXT COLLATE "C" NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    object_id  UUID NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, value, source)
);
-- The external ids of an object.
CREATE INDEX external_ids_object ON external_ids (object_id, kind, value);
-- Unique: an object has one external id per source.
CREATE UNIQUE INDEX external_ids_source ON external_ids (object_id, account_id, source) WHERE kind IN ('member', 'project', 'role', 'api_key');

-- What is deleted leaves no name behind, so that nothing inherits it.
-- +goose StatementBegin
CREATE FUNCTION external_ids_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM external_ids WHERE object_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER external_ids_counted AFTER INSERT ON external_ids FOR EACH ROW EXECUTE FUNCTION count_one('external_ids');
CREATE TRIGGER external_ids_uncounted AFTER DELETE ON external_ids FOR EACH ROW EXECUTE FUNCTION count_one_less('external_ids');

-- +goose StatementBegin
CREATE FUNCTION external_ids_noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts SET has_external_ids = TRUE WHERE id = NEW.account_id AND NOT has_external_ids;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER external_ids_noted AFTER INSERT ON external_ids FOR EACH ROW
    WHEN (NEW.kind IN ('member', 'project', 'role', 'api_key')) EXECUTE FUNCTION external_ids_noted();

CREATE TRIGGER memberships_external AFTER DELETE ON memberships REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER projects_external AFTER DELETE ON projects REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER roles_external AFTER DELETE ON roles REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER api_keys_external AFTER DELETE ON api_keys REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();

-- The memberships of the people of an account whose name or email contains a text: pattern is for LIKE and has at least three letters or digits in a row.
-- This function reads the names of the account one after the other; prepare_search() replaces it with one that uses an index.
-- +goose StatementBegin
CREATE FUNCTION search_people(account UUID, pattern TEXT) RETURNS SETOF memberships LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT m.* FROM memberships m WHERE m.account_id = account AND m.lead AND m.sort_key LIKE pattern
$$;
-- +goose StatementEnd

-- Creates an index of trigrams, and the extensions that it needs. If this role may not create them, or the server does not have them,
-- it returns the reason. New names are added to the index in batches of up to 1 MB.
-- +goose StatementBegin
CREATE FUNCTION prepare_search() RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE EXTENSION IF NOT EXISTS btree_gin;
        -- COALESCE, because no other index has this condition: the planner knows nothing about the pattern, and would often choose another.
        CREATE INDEX IF NOT EXISTS memberships_search ON memberships USING gin (account_id, sort_key gin_trgm_ops)
            WITH (gin_pending_list_limit = 1024) WHERE COALESCE(lead, FALSE);
    EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
        RETURN SQLERRM;
    END;
    -- Only a bitmap scan can read this index, which is ruled out for all other statements.
    CREATE OR REPLACE FUNCTION search_people(account UUID, pattern TEXT) RETURNS SETOF memberships LANGUAGE sql STABLE ROWS 100
        SET enable_bitmapscan = on AS $search$
        SELECT m.* FROM memberships m WHERE m.account_id = account AND COALESCE(m.lead, FALSE) AND m.sort_key LIKE pattern
    $search$;
    RETURN '';
END $$;
-- +goose StatementEnd

SELECT prepare_search();

SELECT extend_events(2);

-- Functions that run as the owner of the tables find only its tables, and no temporary ones, and only the owner and the role that
-- serves may call them.
-- +goose StatementBegin
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['merge_seals', 'set_checkpoint', 'extend_events', 'drop_expired_events', 'remove_expired_events', 'remove_expired_rest', 'remove_log',
        'erase_event', 'forget_secret', 'announce_retention', 'apply_retention'] LOOP
        EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %I FROM PUBLIC', name);
    END LOOP;
END $$;
-- +goose StatementEnd
