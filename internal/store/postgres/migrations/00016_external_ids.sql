-- +goose Up
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
CREATE INDEX external_ids_object ON external_ids (object_id, kind, value);
CREATE UNIQUE INDEX external_ids_source ON external_ids (object_id, account_id, source) WHERE kind IN ('member', 'project', 'role', 'api_key');

-- What is deleted leaves no name behind, so that nothing inherits it.
-- +goose StatementBegin
CREATE FUNCTION external_ids_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM external_ids WHERE object_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER memberships_external AFTER DELETE ON memberships REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER projects_external AFTER DELETE ON projects REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER roles_external AFTER DELETE ON roles REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();
CREATE TRIGGER api_keys_external AFTER DELETE ON api_keys REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION external_ids_end();

-- +goose Down
DROP TRIGGER memberships_external ON memberships;
DROP TRIGGER projects_external ON projects;
DROP TRIGGER roles_external ON roles;
DROP TRIGGER api_keys_external ON api_keys;
DROP FUNCTION external_ids_end();
DROP TABLE external_ids;
