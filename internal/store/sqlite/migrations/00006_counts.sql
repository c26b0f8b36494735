-- +goose Up
-- Of everything a person is a member of in an account, one membership leads: that of the account or, for who has none,
-- the first of a project. Lists of people are lists of those.
ALTER TABLE memberships ADD COLUMN lead BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE memberships SET lead = FALSE WHERE project_id IS NOT NULL AND EXISTS (SELECT 1 FROM memberships o
    WHERE o.email_canonical = memberships.email_canonical AND (o.account_id = memberships.account_id) IS TRUE
    AND (o.project_id IS NULL OR (o.created_at, o.id) < (memberships.created_at, memberships.id)));

-- A list is read in the order of an index, whatever it is filtered by.
DROP INDEX memberships_people;
CREATE INDEX memberships_people ON memberships (account_id, created_at, id) WHERE lead;
CREATE INDEX memberships_status ON memberships (account_id, status, created_at, id) WHERE lead;
CREATE INDEX memberships_guests ON memberships (account_id, created_at, id) WHERE lead AND scope_id <> account_id;
CREATE INDEX memberships_keys ON memberships (scope_id, created_at, id) WHERE principal_type = 'api_key';
DROP INDEX memberships_role;
CREATE INDEX memberships_role ON memberships (role_id, account_id, created_at, id);

-- How many memberships there are of each kind, so that no list has to count. Triggers keep it, whoever writes;
-- SQLite runs them in any order, so that a number may be below zero for a moment.
CREATE TABLE member_counts (
    account_id     TEXT    NOT NULL,
    scope_id       TEXT    NOT NULL,
    role_id        TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    principal_type TEXT    NOT NULL,
    is_owner       BOOLEAN NOT NULL,
    lead           BOOLEAN NOT NULL,
    n              BIGINT  NOT NULL,
    PRIMARY KEY (scope_id, role_id, status, principal_type, is_owner, lead)
) WITHOUT ROWID;
CREATE INDEX member_counts_people ON member_counts (account_id) WHERE lead;

INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
    SELECT account_id, scope_id, role_id, status, principal_type, is_owner, lead, COUNT(*) FROM memberships
    GROUP BY account_id, scope_id, role_id, status, principal_type, is_owner, lead;

-- +goose StatementBegin
CREATE TRIGGER memberships_added AFTER INSERT ON memberships
BEGIN
    INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
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
            AND (f.account_id = NEW.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.created_at, f.id LIMIT 1));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_removed AFTER DELETE ON memberships
BEGIN
    INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.scope_id, OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n - 1;
    DELETE FROM member_counts WHERE scope_id = OLD.scope_id AND n = 0;
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = OLD.email_canonical AND (account_id = OLD.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = OLD.email_canonical
            AND (f.account_id = OLD.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.created_at, f.id LIMIT 1));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_changed AFTER UPDATE OF role_id, status, principal_type, is_owner, lead ON memberships
WHEN (OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead) <> (NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead)
BEGIN
    INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (OLD.account_id, OLD.scope_id, OLD.role_id, OLD.status, OLD.principal_type, OLD.is_owner, OLD.lead, -1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n - 1;
    INSERT INTO member_counts (account_id, scope_id, role_id, status, principal_type, is_owner, lead, n)
        VALUES (NEW.account_id, NEW.scope_id, NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead, 1)
        ON CONFLICT (scope_id, role_id, status, principal_type, is_owner, lead) DO UPDATE SET n = n + 1;
    DELETE FROM member_counts WHERE scope_id = OLD.scope_id AND n = 0;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER memberships_moved AFTER UPDATE OF email_canonical ON memberships WHEN OLD.email_canonical <> NEW.email_canonical
BEGIN
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = OLD.email_canonical AND (account_id = OLD.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = OLD.email_canonical
            AND (f.account_id = OLD.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.created_at, f.id LIMIT 1));
    UPDATE memberships SET lead = NOT lead WHERE email_canonical = NEW.email_canonical AND (account_id = NEW.account_id) IS TRUE
        AND lead <> (id = (SELECT f.id FROM memberships f WHERE f.email_canonical = NEW.email_canonical
            AND (f.account_id = NEW.account_id) IS TRUE ORDER BY f.project_id IS NOT NULL, f.created_at, f.id LIMIT 1));
END;
-- +goose StatementEnd
