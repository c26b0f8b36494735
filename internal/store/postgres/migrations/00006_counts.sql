-- +goose Up
-- Of everything a person is a member of in an account, one membership leads: that of the account or, for who has none,
-- the first of a project. Lists of people are lists of those.
ALTER TABLE memberships ADD COLUMN lead BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE memberships m SET lead = FALSE WHERE m.project_id IS NOT NULL AND EXISTS (SELECT 1 FROM memberships o
    WHERE o.email_canonical = m.email_canonical AND (o.account_id = m.account_id) IS TRUE
    AND (o.project_id IS NULL OR (o.created_at, o.id) < (m.created_at, m.id)));

-- A list is read in the order of an index, whatever it is filtered by.
DROP INDEX memberships_people;
CREATE INDEX memberships_people ON memberships (account_id, created_at, id) WHERE lead;
CREATE INDEX memberships_status ON memberships (account_id, status, created_at, id) WHERE lead;
CREATE INDEX memberships_guests ON memberships (account_id, created_at, id) WHERE lead AND scope_id <> account_id;
CREATE INDEX memberships_keys ON memberships (scope_id, created_at, id) WHERE principal_type = 'api_key';
DROP INDEX memberships_role;
CREATE INDEX memberships_role ON memberships (role_id, account_id, created_at, id);

-- How many memberships there are of each kind, so that no list has to count. Triggers keep it, whoever writes. A kind
-- may have several rows, whose sum counts: a change takes any that no other is changing, or adds one, and waits for nobody.
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
CREATE INDEX member_counts_kind ON member_counts (scope_id, role_id, status, principal_type, is_owner, lead);
CREATE INDEX member_counts_people ON member_counts (account_id) WHERE lead;

INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
    SELECT account_id, scope_id, role_id, status, principal_type, is_owner, lead, COUNT(*) FROM memberships
    GROUP BY account_id, scope_id, role_id, status, principal_type, is_owner, lead;

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
        AND (f.account_id = within) IS TRUE ORDER BY f.project_id IS NOT NULL, f.created_at, f.id LIMIT 1) first
    WHERE m.email_canonical = person AND (m.account_id = within) IS TRUE AND m.lead <> (m.id = first.id);
END $$;
-- +goose StatementEnd

-- Two that add the same person at the same time would not see each other. Who removes is alone in the account.
-- +goose StatementBegin
CREATE FUNCTION membership_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account_id::text || NEW.email_canonical, 0));
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
