-- +goose Up
-- Mails somebody waits for (priority 0) go first; of the others (1) each account has its turn.
ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
UPDATE outbox SET priority = 0 WHERE kind = 'password';
-- Where no mail is sent, mails were queued all the same. They would surprise people once mail is configured.
DELETE FROM outbox WHERE attempts = 0 AND created_at < (CAST(strftime('%s', 'now') AS INTEGER) - 86400) * 1000000;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (priority, next_at, id);
CREATE INDEX outbox_turn ON outbox (account_id, next_at, id) WHERE account_id IS NOT NULL;
