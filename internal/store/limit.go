package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// A limit is stored as a single time, as in the generic cell rate algorithm (GCRA): each attempt moves it further into
// the future by the attempt's share of the window. One statement checks and counts, so that concurrent nodes together
// never allow more than the limit.
const (
	spendLimit = `INSERT INTO limits (subject, until) VALUES ($1, $4) ON CONFLICT (subject) DO UPDATE
		SET until = CASE WHEN limits.until > $2 THEN limits.until ELSE $2 END + $3 WHERE limits.until <= $5`
	returnLimit = "UPDATE limits SET until = until - $2 WHERE subject = $1"
)

var errUsedUp = errors.New("limit exceeded")

// Take updates the limits in the given order. Callers always use the same order, so that two nodes cannot deadlock.
func (d *DB) Take(ctx context.Context, limits []team.Limit, at time.Time) (bool, error) {
	err := d.write(ctx, nil, func(t *tx) error {
		for _, l := range limits {
			if taken, err := t.spend(ctx, l, at); err != nil {
				return err
			} else if !taken {
				return errUsedUp
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errUsedUp):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("count the attempt: %w", err)
	}
	return true, nil
}

// Refund implements signin.Store.
func (d *DB) Refund(ctx context.Context, all, one []team.Limit) error {
	err := d.write(ctx, nil, func(t *tx) error {
		for _, l := range all {
			if err := t.later(ctx, "DELETE FROM limits WHERE subject = $1", l.Subject); err != nil {
				return err
			}
		}
		for _, l := range one {
			if err := t.later(ctx, returnLimit, l.Subject, l.Every.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("refund the attempt: %w", err)
	}
	return nil
}

// TakeLimit locks the limits until the commit, so that concurrent changes wait for each other.
func (t *tx) TakeLimit(ctx context.Context, limits []team.Limit, n int, at time.Time) (int, error) {
	if n == 1 {
		return t.takeOne(ctx, limits, at)
	}
	now := at.UnixMicro()
	for _, l := range limits {
		until, err := one(ctx, t.q, engine.ScanNumber, `INSERT INTO limits (subject, until) VALUES ($1, $2) ON CONFLICT (subject) DO UPDATE
			SET until = CASE WHEN limits.until > $2 THEN limits.until ELSE $2 END RETURNING until`, l.Subject, now)
		if err != nil {
			return 0, fmt.Errorf("read the limit: %w", err)
		}
		every := l.Every.Microseconds()
		n = min(n, int((now+every*int64(l.Burst)-int64(until))/every))
	}
	if n <= 0 {
		return 0, nil
	}
	return n, t.addToLimit(ctx, limits, n)
}

// takeOne needs one statement for each limit.
func (t *tx) takeOne(ctx context.Context, limits []team.Limit, at time.Time) (int, error) {
	for i, l := range limits {
		taken, err := t.spend(ctx, l, at)
		if err != nil {
			return 0, fmt.Errorf("count the attempt: %w", err)
		}
		if !taken {
			return 0, t.addToLimit(ctx, limits[:i], -1)
		}
	}
	return 1, nil
}

// spend counts one attempt, unless the limit is used up.
func (t *tx) spend(ctx context.Context, l team.Limit, at time.Time) (bool, error) {
	now, every := at.UnixMicro(), l.Every.Microseconds()
	n, err := t.exec(ctx, spendLimit, l.Subject, now, every, now+every, now+every*int64(l.Burst-1))
	return n > 0, err
}

func (t *tx) RefundLimit(ctx context.Context, limits []team.Limit, n int) error {
	return t.addToLimit(ctx, limits, -n)
}

func (t *tx) addToLimit(ctx context.Context, limits []team.Limit, n int) error {
	for _, l := range limits {
		if err := t.later(ctx, "UPDATE limits SET until = until + $2 WHERE subject = $1", l.Subject, l.Every.Microseconds()*int64(n)); err != nil {
			return err
		}
	}
	return nil
}

func (r reader) LimitWait(ctx context.Context, limits []team.Limit, n int, at time.Time) (time.Duration, error) {
	var longest time.Duration
	for _, l := range limits {
		until, err := one(ctx, r.q, engine.ScanNumber, "SELECT until FROM limits WHERE subject = $1", l.Subject)
		if team.IsNotFound(err) {
			until, err = int(at.UnixMicro()), nil
		}
		if err != nil {
			return 0, err
		}
		used := max(0, time.Duration(int64(until)-at.UnixMicro())*time.Microsecond)
		longest = max(longest, used-l.Every*time.Duration(l.Burst-n))
	}
	return longest, nil
}
