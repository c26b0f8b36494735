-- +goose Up
-- What the operator decided for all programs on the database: the catalog and the public URL.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
