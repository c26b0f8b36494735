-- +goose Up
-- What makes names unique is a form that only the program knows; it fills the column when it starts.
ALTER TABLE roles ADD COLUMN name_unique TEXT;
ALTER TABLE projects ADD COLUMN name_unique TEXT;
DROP INDEX roles_name;
DROP INDEX projects_name;
CREATE UNIQUE INDEX roles_name ON roles (account_id, scope, name_unique) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX projects_name ON projects (account_id, name_unique);
CREATE INDEX roles_unfolded ON roles (id) WHERE name_unique IS NULL;
CREATE INDEX projects_unfolded ON projects (id) WHERE name_unique IS NULL;

-- How many things of each kind an account has, so that a quota costs the same however many there are. Triggers keep it, whoever
-- writes.
CREATE TABLE account_counts (
    account_id TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    n          BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind)
) WITHOUT ROWID;

INSERT INTO account_counts (account_id, kind, n)
    SELECT account_id, 'roles', COUNT(*) FROM roles WHERE account_id IS NOT NULL GROUP BY account_id
    UNION ALL SELECT account_id, 'projects', COUNT(*) FROM projects GROUP BY account_id
    UNION ALL SELECT account_id, 'api_keys', COUNT(*) FROM api_keys GROUP BY account_id
    UNION ALL SELECT account_id, 'invitations', COUNT(*) FROM memberships WHERE principal_type = 'invitation' GROUP BY account_id;

-- +goose StatementBegin
CREATE TRIGGER roles_counted AFTER INSERT ON roles WHEN NEW.account_id IS NOT NULL
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'roles', 1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER roles_uncounted AFTER DELETE ON roles WHEN OLD.account_id IS NOT NULL
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (OLD.account_id, 'roles', -1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER projects_counted AFTER INSERT ON projects
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'projects', 1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER projects_uncounted AFTER DELETE ON projects
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (OLD.account_id, 'projects', -1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER api_keys_counted AFTER INSERT ON api_keys
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'api_keys', 1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER api_keys_uncounted AFTER DELETE ON api_keys
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (OLD.account_id, 'api_keys', -1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_counted AFTER INSERT ON memberships WHEN NEW.principal_type = 'invitation'
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'invitations', 1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_uncounted AFTER DELETE ON memberships WHEN OLD.principal_type = 'invitation'
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (OLD.account_id, 'invitations', -1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_accepted AFTER UPDATE OF principal_type ON memberships WHEN OLD.principal_type = 'invitation' AND NEW.principal_type <> 'invitation'
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'invitations', -1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_again AFTER UPDATE OF principal_type ON memberships WHEN OLD.principal_type <> 'invitation' AND NEW.principal_type = 'invitation'
BEGIN
    INSERT INTO account_counts (account_id, kind, n) VALUES (NEW.account_id, 'invitations', 1)
        ON CONFLICT (account_id, kind) DO UPDATE SET n = n + excluded.n;
END;
-- +goose StatementEnd
