-- +goose Up
-- What was answered under an Idempotency-Key belongs to the account in which it was done. Of a person who is known in
-- several accounts it is not known where that was.
ALTER TABLE idempotency_keys ADD COLUMN account_id UUID;
UPDATE idempotency_keys i SET account_id = k.account_id FROM api_keys k WHERE k.id::text = i.principal;
UPDATE idempotency_keys i SET account_id = u.account_id::uuid FROM (SELECT user_id::text AS id, MIN(account_id::text) AS account_id
    FROM account_users GROUP BY user_id HAVING COUNT(*) = 1) u WHERE u.id = i.principal;
DELETE FROM idempotency_keys WHERE account_id IS NULL;
ALTER TABLE idempotency_keys ALTER COLUMN account_id SET NOT NULL;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey;
ALTER TABLE idempotency_keys ADD PRIMARY KEY (account_id, principal, key);
ALTER TABLE idempotency_keys DROP COLUMN status;

-- Two that add the same person at the same time would not see each other. A change that runs alone in its account says so in
-- raff.alone and needs no lock for each person: a lock takes shared memory, of which there is little.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION membership_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('raff.alone', TRUE) IS DISTINCT FROM NEW.account_id::text THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account_id::text || NEW.email_canonical, 0));
    END IF;
    -- A new row leads; one that came from another address may not.
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM memberships o WHERE o.email_canonical = NEW.email_canonical AND (o.account_id = NEW.account_id) IS TRUE AND o.id <> NEW.id) THEN
        PERFORM lead_membership(NEW.account_id, NEW.email_canonical);
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM count_members(ROW(0, NEW.account_id, NEW.scope_id, NEW.role_id, NEW.status, NEW.principal_type, NEW.is_owner, NEW.lead, 1)::member_counts);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
