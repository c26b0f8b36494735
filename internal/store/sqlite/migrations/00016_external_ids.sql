-- +goose Up
-- Names that other systems gave to members, projects, roles and API keys, and to resources of the product, which belong to
-- a project: then kind is the type of the resource, and object_id the project.
CREATE TABLE external_ids (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind       TEXT NOT NULL,
    value      TEXT NOT NULL,
    source     TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, value, source)
) WITHOUT ROWID;
CREATE INDEX external_ids_object ON external_ids (object_id, kind, value);
CREATE UNIQUE INDEX external_ids_source ON external_ids (object_id, account_id, source) WHERE kind IN ('member', 'project', 'role', 'api_key');

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

-- +goose Down
DROP TRIGGER memberships_external;
DROP TRIGGER projects_external;
DROP TRIGGER roles_external;
DROP TRIGGER api_keys_external;
DROP TABLE external_ids;
