-- +goose Up
-- What was answered under an Idempotency-Key belongs to the account in which it was done. Of a person who is known in
-- several accounts it is not known where that was.
CREATE TABLE account_idempotency_keys (
    account_id TEXT   NOT NULL,
    principal  TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    operation  TEXT   NOT NULL,
    body_hash  BLOB   NOT NULL,
    response   BLOB,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, principal, key)
) WITHOUT ROWID;
INSERT INTO account_idempotency_keys (account_id, principal, key, operation, body_hash, response, created_at)
    SELECT a.account_id, i.principal, i.key, i.operation, i.body_hash, i.response, i.created_at FROM idempotency_keys i
    JOIN (SELECT id, account_id FROM api_keys
        UNION ALL SELECT user_id, MIN(account_id) FROM account_users GROUP BY user_id HAVING COUNT(*) = 1) a ON a.id = i.principal;
DROP TABLE idempotency_keys;
ALTER TABLE account_idempotency_keys RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
