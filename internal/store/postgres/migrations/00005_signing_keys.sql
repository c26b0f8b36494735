-- +goose Up
-- Keys that all nodes share to know again what they signed.
CREATE TABLE signing_keys (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL
);
