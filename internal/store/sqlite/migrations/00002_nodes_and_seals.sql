-- +goose Up
-- A node says every few seconds that it is alive; the rate limits are shared among those that are.
CREATE TABLE nodes (
    id      TEXT   NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
) WITHOUT ROWID;

-- A seal covers an account's events of one span of time, and the seal before it.
CREATE TABLE audit_seals (
    account_id TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    until_at   BIGINT  NOT NULL,
    events     BIGINT  NOT NULL,
    hash       BLOB  NOT NULL,
    created_at BIGINT  NOT NULL,
    PRIMARY KEY (account_id, seq)
) WITHOUT ROWID;
