-- +goose Up
-- Keys that all nodes share to know again what they signed.
CREATE TABLE signing_keys (
    name   TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL
) WITHOUT ROWID;
