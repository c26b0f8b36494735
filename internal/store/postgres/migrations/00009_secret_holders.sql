-- +goose Up
-- Who was shown a secret of an API key: the people and keys that made or regenerated it, and the people behind those keys.
-- until is when the secret they were shown stops working; NULL while it is the present one.
CREATE TABLE secret_holders (
    key_id      UUID             NOT NULL REFERENCES api_keys (id),
    holder_id   UUID             NOT NULL,
    holder_type TEXT COLLATE "C" NOT NULL CHECK (holder_type IN ('user', 'api_key')),
    until       BIGINT,
    PRIMARY KEY (key_id, holder_id)
);
CREATE INDEX secret_holders_holder ON secret_holders (holder_id);

-- Of the keys that exist it is known who made them, and the audit log tells who regenerated them.
INSERT INTO secret_holders (key_id, holder_id, holder_type, until)
    SELECT s.key_id, s.holder_id, s.holder_type,
        CASE WHEN MAX(s.shown_at) < k.issued_at THEN GREATEST(k.issued_at, COALESCE(k.old_until, 0)) END
    FROM (
        SELECT id AS key_id, created_by_user AS holder_id, 'user' AS holder_type, created_at AS shown_at FROM api_keys WHERE created_by_user IS NOT NULL
        UNION ALL
        SELECT id, created_by::uuid, 'api_key', created_at FROM api_keys WHERE length(created_by) = 36 AND (created_by_user IS NULL OR created_by <> created_by_user::text)
        UNION ALL
        SELECT target_id::uuid, actor_id::uuid, actor_type, at FROM audit_events WHERE action = 'api_key.regenerated' AND actor_type IN ('user', 'api_key')
        UNION ALL
        SELECT e.target_id::uuid, a.created_by_user, 'user', e.at FROM audit_events e JOIN api_keys a ON a.id = (CASE WHEN e.actor_type = 'api_key' THEN e.actor_id END)::uuid
        WHERE e.action = 'api_key.regenerated' AND e.actor_type = 'api_key' AND a.created_by_user IS NOT NULL
    ) s JOIN api_keys k ON k.id = s.key_id
    GROUP BY s.key_id, s.holder_id, s.holder_type, k.issued_at, k.old_until;
