-- +goose Up
-- By what a list of people is sorted: the name without case and accents, else the address.
ALTER TABLE memberships ADD COLUMN sort_key TEXT NOT NULL DEFAULT '';
UPDATE memberships SET sort_key = COALESCE((SELECT u.name_key FROM users u WHERE u.id = memberships.user_id AND u.name_key <> ''), email_canonical);
CREATE INDEX memberships_sorted ON memberships (account_id, sort_key, id) WHERE lead;
