package store

import (
	"context"
	"fmt"
	"time"

	"raff/internal/team"
)

const (
	invitationColumns = `i.id, i.account_id, i.project_id, i.member_id, i.email, i.state, i.invited_by, i.invited_by_user,
	i.expires_at, i.created_at, i.updated_at, i.mail_error, i.mail_retry_at, i.proposed_name, i.lead_id, a.name, a.state, a.language, a.branding, p.name, COALESCE(u.name, k.name), u.email, m.status, m.email_canonical, ` + roleColumns
	// After a removal, the membership and its role no longer exist; the corresponding fields of the invitation are empty.
	invitationJoins = `invitations i JOIN accounts a ON a.id = i.account_id LEFT JOIN projects p ON p.id = i.project_id
	LEFT JOIN memberships m ON m.id = i.member_id AND m.scope_id = i.scope_id LEFT JOIN roles r ON r.id = m.role_id
	LEFT JOIN users u ON u.id = i.invited_by_user LEFT JOIN api_keys k ON k.id = i.invited_by_key`
	selectInvitation = "SELECT " + invitationColumns + " FROM " + invitationJoins

	notClosed = "closed = FALSE"
	// anyState finds open and closed invitations by id: on SQLite, closed is part of the key.
	anyState = " AND i.closed IN (FALSE, TRUE)"
	open     = "state IN ('queued', 'sent', 'failed')"
)

func (r reader) invitationFields(i *team.Invitation) []any {
	return append([]any{(*ident)(&i.ID), (*ident)(&i.AccountID), (*ident)(&i.ProjectID), (*ident)(&i.MemberID), (*text)(&i.Email),
		(*text)(&i.State), (*ident)(&i.InvitedBy), (*ident)(&i.InvitedByUser), (*stamp)(&i.ExpiresAt), (*stamp)(&i.CreatedAt),
		(*stamp)(&i.UpdatedAt), (*text)(&i.MailError), (*stamp)(&i.MailRetryAt), (*text)(&i.ProposedName), (*ident)(&i.LeadID),
		(*text)(&i.AccountName), (*text)(&i.AccountState), (*text)(&i.AccountLanguage), (*text)(&i.AccountBranding), (*text)(&i.ProjectName), (*text)(&i.InviterName), (*text)(&i.InviterEmail),
		(*text)(&i.MemberStatus), (*text)(&i.CanonicalEmail)}, r.roleFields(&i.Role)...)
}

func (r reader) scanInvitation(s scanner) (i team.Invitation, err error) {
	err = s.Scan(r.invitationFields(&i)...)
	return i, err
}

func (r reader) Invitation(ctx context.Context, accountID, id string) (team.Invitation, error) {
	return one(ctx, r.q, r.scanInvitation, selectInvitation+" WHERE i.id = $1 AND i.account_id = $2"+anyState, uid(id), uid(accountID))
}

func (r reader) InvitationByToken(ctx context.Context, hash []byte) (team.Invitation, team.InvitationToken, error) {
	t := team.InvitationToken{Hash: hash}
	i, err := one(ctx, r.q, func(s scanner) (i team.Invitation, err error) {
		err = s.Scan(append(r.invitationFields(&i), (*ident)(&t.AccountID), (*ident)(&t.InvitationID), (*flag)(&t.Stale), (*flag)(&t.Mailed), (*ident)(&t.FetchedBy))...)
		return i, err
	}, "SELECT "+invitationColumns+", t.account_id, t.invitation_id, t.stale, t.mailed, t.fetched_by FROM "+invitationJoins+" JOIN invitation_tokens t ON t.invitation_id = i.id AND t.account_id = i.account_id WHERE t.hash = $1"+anyState, hash)
	return i, t, err
}

func (r reader) Invitations(ctx context.Context, f team.InvitationFilter) ([]team.Invitation, int, error) {
	var c condition
	c.and("i.account_id = ?", uid(f.AccountID))
	c.and("i." + notClosed)
	c.and("i.scope_id = ?", scope(f.AccountID, f.ProjectID))
	l := listing{columns: invitationColumns, from: invitationJoins, rows: "invitations i", id: "i.id", joined: true, seek: seek{"i.account_id"},
		counts: "(SELECT account_id, scope_id, FALSE AS closed, n FROM member_counts WHERE principal_type = 'invitation') i"}
	return page(ctx, r.q, l, &c, f.Page, r.scanInvitation)
}

// offered returns the conditions of an OfferFilter, except the state. Each reads the open invitations of the account, which
// are together in one index and of which there are few (see team.Quotas).
func offered(f team.OfferFilter) (l listing, c *condition) {
	c = &condition{}
	l = listing{columns: invitationColumns, from: invitationJoins, rows: "invitations i", id: "i.id", newest: true, joined: true, capped: true, seek: seek{"i.account_id"}}
	c.and("i.account_id = ?", uid(f.AccountID))
	c.and("i." + notClosed)
	switch {
	case f.Everywhere:
	case len(f.Places) > 0:
		c.and("i.scope_id" + c.in(values[uid](f.Places)))
	default:
		c.and("FALSE")
	}
	if f.Query != "" {
		l.rows = "invitations i JOIN memberships m ON m.id = i.member_id AND m.scope_id = i.scope_id"
		c.and(`m.email_canonical LIKE ? ESCAPE '\'`, containing(nameKey(f.Query)))
	}
	return l, c
}

func (r reader) Offers(ctx context.Context, f team.OfferFilter) ([]team.Invitation, team.Total, error) {
	l, c := offered(f)
	switch f.State {
	case team.InvitationSent:
		c.and("i." + open)
		c.and("i.expires_at > ?", f.Now)
	case team.InvitationFailed:
		c.and("i.state = 'failed' AND i.mail_retry_at IS NULL")
		c.and("i.expires_at > ?", f.Now)
	case team.InvitationExpired:
		c.and("i." + open)
		c.and("i.expires_at <= ?", f.Now)
	case team.InvitationDeclined:
		c.and("i.state = 'declined'")
	}
	return list(ctx, r.q, l, c, f.Page, r.scanInvitation)
}

func (r reader) OfferCounts(ctx context.Context, f team.OfferFilter) (n team.OfferCounts, err error) {
	l, c := offered(f)
	limit := c.number(" LIMIT ? + 0", team.CountedOffers+1)
	late := c.number("m.expires_at <= ?", f.Now)
	people, email := "0", ""
	if f.CountPeople {
		// The canonical email is in the membership, which is not read: the case of letters is what differs in practice.
		people, email = "COUNT(DISTINCT CASE WHEN m.state <> 'declined' AND NOT "+late+" THEN LOWER(m.email) END)", ", i.email"
	}
	return one(ctx, r.q, func(s scanner) (n team.OfferCounts, err error) {
		all := 0
		err = s.Scan((*number)(&all), (*number)(&n.Declined), (*number)(&n.Expired), (*number)(&n.Failed), (*number)(&n.People))
		if all > team.CountedOffers {
			return team.OfferCounts{Many: true}, err
		}
		n.Pending = all - n.Declined - n.Expired
		return n, err
	}, "SELECT COUNT(*), COUNT(CASE WHEN m.state = 'declined' THEN 1 END), COUNT(CASE WHEN m.state <> 'declined' AND "+late+
		" THEN 1 END), COUNT(CASE WHEN m.state = 'failed' AND m.mail_retry_at IS NULL AND NOT "+late+" THEN 1 END), "+people+
		" FROM (SELECT i.state, i.expires_at, i.mail_retry_at"+email+" FROM "+l.rows+" WHERE "+c.sql.String()+limit+") m", c.args...)
}

func (r reader) InvitationsSentBy(ctx context.Context, accountID, userID string) ([]team.Invitation, error) {
	if userID == "" {
		return nil, nil
	}
	return many(ctx, r.q, r.scanInvitation, selectInvitation+` WHERE i.account_id = $1 AND i.`+notClosed+`
		AND (i.invited_by_user = $2 OR i.invited_by_key IN (SELECT key_id FROM secret_holders WHERE holder_id = $2)) AND i.`+open+
		" ORDER BY i.id", uid(accountID), uid(userID))
}

// inviterKey returns the id of the inviter if it is an API key, rather than a person or the operator.
func inviterKey(i team.Invitation) uid {
	if id := uid(i.InvitedBy); i.InvitedBy != i.InvitedByUser && id.Valid() {
		return id
	}
	return ""
}

var insertInvitations = insertionOf(`INSERT INTO invitations (id, account_id, project_id, member_id, email, state,
	invited_by, invited_by_user, invited_by_key, expires_at, created_at, updated_at, closed, proposed_name, lead_id)`, 15, "")

// InsertInvitation does not update the membership, which refers to its invitation.
func (t *tx) InsertInvitation(ctx context.Context, i team.Invitation) error {
	return t.row(ctx, insertInvitations,
		uid(i.ID), uid(i.AccountID), uid(i.ProjectID), uid(i.MemberID), i.Email, i.State, word(i.InvitedBy),
		personID(i.InvitedByUser), inviterKey(i), i.ExpiresAt, i.CreatedAt, i.UpdatedAt, isFinal(i.State),
		i.ProposedName, uid(i.LeadID))
}

func (t *tx) LeadInvitation(ctx context.Context, i team.Invitation, leadID string) error {
	return t.later(ctx, "UPDATE invitations SET lead_id = $3 WHERE id = $1 AND account_id = $2 AND "+notClosed, uid(i.ID), uid(i.AccountID), uid(leadID))
}

// UpdateInvitation does not update a closed invitation, so that the result of sending an email cannot reopen an
// invitation that was accepted in the meantime. A declined invitation is updated only if it is queued again.
func (t *tx) UpdateInvitation(ctx context.Context, i team.Invitation) error {
	from := notClosed
	if i.State == team.InvitationSent || i.State == team.InvitationFailed {
		from += " AND " + open
	}
	return t.change(ctx, `UPDATE invitations SET email = $2, state = $3, invited_by = $4, invited_by_user = $5, invited_by_key = $6,
		expires_at = $7, updated_at = $8, mail_error = $10, mail_retry_at = $11 WHERE id = $1 AND account_id = $9 AND `+from,
		uid(i.ID), i.Email, i.State, word(i.InvitedBy), personID(i.InvitedByUser), inviterKey(i), i.ExpiresAt, i.UpdatedAt, uid(i.AccountID), i.MailError, i.MailRetryAt)
}

// isFinal returns the value of the column closed.
func isFinal(s team.InvitationState) bool {
	return s == team.InvitationAccepted || s == team.InvitationCancelled
}

// CloseInvitation also removes the proposed name from a closed invitation, and succeeds for exactly one of several concurrent calls. A declined invitation can still be cancelled.
func (t *tx) CloseInvitation(ctx context.Context, i team.Invitation, state team.InvitationState, at time.Time) (bool, error) {
	from := notClosed
	if state != team.InvitationCancelled {
		from += " AND " + open
	}
	n, err := t.exec(ctx, "UPDATE invitations SET state = $2, updated_at = $3, closed = $4, proposed_name = CASE WHEN $4 THEN '' ELSE proposed_name END WHERE id = $1 AND account_id = $5 AND "+from,
		uid(i.ID), state, at, isFinal(state), uid(i.AccountID))
	if err != nil {
		return false, fmt.Errorf("close invitation: %w", err)
	}
	return n == 1, nil
}

// maxTokens is how many links of one invitation can be valid at once: more than anyone needs, but few enough that
// repeated requests do not fill the table.
const maxTokens = 20

func (t *tx) AddToken(ctx context.Context, k team.InvitationToken, at time.Time) error {
	if err := t.later(ctx, `DELETE FROM invitation_tokens WHERE invitation_id = $1 AND hash NOT IN (
		SELECT hash FROM invitation_tokens WHERE invitation_id = $1 ORDER BY created_at DESC, hash LIMIT $2)`,
		uid(k.InvitationID), maxTokens-1); err != nil {
		return err
	}
	return t.later(ctx, `INSERT INTO invitation_tokens (hash, account_id, invitation_id, stale, mailed, fetched_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, k.Hash, uid(k.AccountID), uid(k.InvitationID), k.Stale, k.Mailed, word(k.FetchedBy), at)
}

func (t *tx) ReplaceTokens(ctx context.Context, invitationID string) error {
	return t.later(ctx, "UPDATE invitation_tokens SET stale = $2 WHERE invitation_id = $1", uid(invitationID), true)
}

// ReplaceFetchedTokens invalidates the links that were fetched rather than emailed; see team.Store.
func (d *DB) ReplaceFetchedTokens(ctx context.Context) error {
	return d.write(ctx, nil, func(t *tx) error {
		return t.later(ctx, "UPDATE invitation_tokens SET stale = $1 WHERE mailed = $2 AND stale = $2", true, false)
	})
}
