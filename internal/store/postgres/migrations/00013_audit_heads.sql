-- +goose Up
-- after_seal is the last seal that was closed when the event was written: it belongs behind that one. mac is the signature
-- of the server that wrote it, where servers have a key.
ALTER TABLE audit_events ADD COLUMN after_seal BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_events ADD COLUMN mac BYTEA;

-- Seals of version 1 begin where the seal before ends, and their hash begins with its hash. Later ones say both.
ALTER TABLE audit_seals ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE audit_seals ADD COLUMN from_at BIGINT;
ALTER TABLE audit_seals ADD COLUMN prev BYTEA;
ALTER TABLE audit_seals ADD COLUMN key_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit_seals ADD COLUMN note TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Where the log of an account stands. Events are written behind closed_until only; a seal is made of what is before it.
CREATE TABLE audit_heads (
    account_id   UUID NOT NULL PRIMARY KEY,
    sealed_seq   BIGINT NOT NULL,
    sealed_until BIGINT,
    hash         BYTEA,
    key_id       TEXT COLLATE "C" NOT NULL,
    closed_seq   BIGINT NOT NULL,
    closed_until BIGINT,
    note         TEXT COLLATE "C" NOT NULL
);

INSERT INTO audit_heads (account_id, sealed_seq, sealed_until, hash, key_id, closed_seq, closed_until, note)
    SELECT a.id, COALESCE(s.seq, 0), s.until_at, s.hash, '', COALESCE(s.seq, 0), s.until_at, ''
    FROM accounts a
    LEFT JOIN audit_seals s ON s.account_id = a.id AND s.seq = (SELECT MAX(l.seq) FROM audit_seals l WHERE l.account_id = a.id);
