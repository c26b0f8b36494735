-- +goose Up
-- How a token went out: to the address by mail, or to whoever fetched it. Of the tokens that are there, those were fetched
-- of which the audit log tells so.
ALTER TABLE invitation_tokens ADD COLUMN mailed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE invitation_tokens ADD COLUMN fetched_by TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE invitation_tokens SET mailed = TRUE WHERE NOT EXISTS (
    SELECT 1 FROM invitations i JOIN audit_events e ON e.account_id = i.account_id
    WHERE i.id = invitation_tokens.invitation_id AND e.at = invitation_tokens.created_at
    AND e.action = 'invitation.link_fetched' AND e.target_id = CAST(i.member_id AS TEXT)
);

-- Whether a person ever showed that the address is theirs, and who handed them the link if not. Of the people who are
-- there, everybody who set up a way to sign in has, unless a link for them was ever fetched.
ALTER TABLE users ADD COLUMN proven BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN vouched_by TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET proven = TRUE WHERE (password_hash <> '' OR id IN (SELECT f.user_id FROM factors f WHERE f.confirmed))
    AND lower(email) NOT IN (SELECT lower(e.target_name) FROM audit_events e WHERE e.action = 'invitation.link_fetched')
    AND email_canonical NOT IN (SELECT lower(e.target_name) FROM audit_events e WHERE e.action = 'invitation.link_fetched')
    AND id NOT IN (SELECT m.user_id FROM memberships m WHERE m.user_id IS NOT NULL AND CAST(m.id AS TEXT) IN (
        SELECT e.target_id FROM audit_events e WHERE e.action = 'invitation.link_fetched'));

-- A password link concerns every account its person is in, not one.
ALTER TABLE link_tokens DROP COLUMN account_id;
