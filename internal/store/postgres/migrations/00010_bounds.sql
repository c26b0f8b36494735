-- +goose Up
-- What makes names unique is a form that only the program knows; it fills the column when it starts.
ALTER TABLE roles ADD COLUMN name_unique TEXT COLLATE "C";
ALTER TABLE projects ADD COLUMN name_unique TEXT COLLATE "C";
DROP INDEX roles_name;
DROP INDEX projects_name;
CREATE UNIQUE INDEX roles_name ON roles (account_id, scope, name_unique) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX projects_name ON projects (account_id, name_unique);
CREATE INDEX roles_unfolded ON roles (id) WHERE name_unique IS NULL;
CREATE INDEX projects_unfolded ON projects (id) WHERE name_unique IS NULL;

-- How many things of each kind an account has, so that a quota costs the same however many there are. Triggers keep it, whoever
-- writes. A kind may have several rows, whose sum counts: a change takes one that no other is changing, or adds one.
CREATE TABLE account_counts (
    id         BIGINT           NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id UUID             NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    n          BIGINT           NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX account_counts_kind ON account_counts (account_id, kind);

INSERT INTO account_counts (account_id, kind, n)
    SELECT account_id, 'roles', COUNT(*) FROM roles WHERE account_id IS NOT NULL GROUP BY account_id
    UNION ALL SELECT account_id, 'projects', COUNT(*) FROM projects GROUP BY account_id
    UNION ALL SELECT account_id, 'api_keys', COUNT(*) FROM api_keys GROUP BY account_id
    UNION ALL SELECT account_id, 'invitations', COUNT(*) FROM memberships WHERE principal_type = 'invitation' GROUP BY account_id;

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
