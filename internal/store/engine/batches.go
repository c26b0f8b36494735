package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// batches is a migration that changes the rows of a table a few at a time, ordered by its key, while other programs read
// and write the table:
//
//	-- +raff batches roles (id)
//	UPDATE roles SET slug_key = lower(slug) WHERE :batch;
//
// :batch stands for the condition that selects the rows of one batch. Each batch is a transaction that also stores how far
// it got, so an interrupted migration continues where it stopped. "rows 500" after the key sets the size of a batch. Rows
// that other programs insert meanwhile may be skipped: let a default or a trigger, from an earlier migration, fill them.
type batches struct {
	table     string
	key       []string
	rows      int
	statement string
}

const batchRows = 1000

var (
	batchesLine  = regexp.MustCompile(`(?m)^-- \+raff batches (\w+) \(([\w, ]+)\)(?: rows (\d+))?\s*$`)
	errNotBatch  = errors.New("after -- +raff batches TABLE (KEY) comes one statement that has the condition :batch")
	progressName = "migration_progress"
)

// parseBatches returns nil if the migration is not in batches.
func parseBatches(text string) (*batches, error) {
	if !strings.Contains(text, "-- +raff") {
		return nil, nil //nolint:nilnil // nil is a valid result
	}
	m := batchesLine.FindStringSubmatch(text)
	if m == nil {
		return nil, errNotBatch
	}
	b := &batches{table: m[1], rows: batchRows}
	for k := range strings.SplitSeq(m[2], ",") {
		b.key = append(b.key, strings.TrimSpace(k))
	}
	if m[3] != "" {
		b.rows, _ = strconv.Atoi(m[3]) // digits
	}
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			lines = append(lines, line)
		}
	}
	b.statement = strings.TrimSuffix(strings.TrimSpace(strings.Join(lines, "")), ";")
	if strings.Count(b.statement, ":batch") != 1 || strings.Contains(b.statement, ";") || b.rows == 0 {
		return nil, errNotBatch
	}
	return b, nil
}

// between returns the condition for rows after one key, up to another one; either may be nil.
func (b *batches) between(after, to position) (condition string, args []any) {
	row := func(values position) string {
		marks := make([]string, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		return "(" + strings.Join(marks, ", ") + ")"
	}
	key := "(" + strings.Join(b.key, ", ") + ")"
	var parts []string
	if after != nil {
		parts = append(parts, key+" > "+row(after))
	}
	if to != nil {
		parts = append(parts, key+" <= "+row(to))
	}
	if len(parts) == 0 {
		return "TRUE", nil
	}
	return "(" + strings.Join(parts, " AND ") + ")", args
}

// run changes all rows that have not been changed yet, and records the migration as applied.
func (b *batches) run(ctx context.Context, db *sql.DB, version int64, report func(done, total int64)) error {
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+progressName+
		" (version BIGINT NOT NULL PRIMARY KEY, position TEXT NOT NULL, rows_done BIGINT NOT NULL, rows_total BIGINT NOT NULL)"); err != nil {
		return fmt.Errorf("create the table of progress: %w", err)
	}
	for {
		done, total, finished, err := b.next(ctx, db, version)
		if err != nil || finished {
			return err
		}
		report(done, total)
	}
}

// next changes one batch of rows.
func (b *batches) next(ctx context.Context, db *sql.DB, version int64) (done, total int64, finished bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, false, err
	}
	defer tx.Rollback()
	after, done, total, err := b.begun(ctx, tx, version)
	if err != nil {
		return 0, 0, false, err
	}
	to, n, err := b.end(ctx, tx, after)
	if err != nil {
		return 0, 0, false, err
	}
	if n > 0 {
		if err := b.change(ctx, tx, after, to); err != nil {
			return 0, 0, false, err
		}
		done += n
		stored, err := json.Marshal(to)
		if err != nil {
			return 0, 0, false, err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE "+progressName+" SET position = $1, rows_done = $2 WHERE version = $3", string(stored), done, version); err != nil {
			return 0, 0, false, err
		}
	} else {
		for _, statement := range []string{
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, TRUE)", "DELETE FROM " + progressName + " WHERE version = $1",
		} {
			if _, err := tx.ExecContext(ctx, statement, version); err != nil {
				return 0, 0, false, err
			}
		}
	}
	return done, max(total, done), n == 0, tx.Commit()
}

// begun returns how far the migration got. If it has not begun, begun counts the rows.
func (b *batches) begun(ctx context.Context, tx *sql.Tx, version int64) (after position, done, total int64, err error) {
	var stored string
	err = tx.QueryRowContext(ctx, "SELECT position, rows_done, rows_total FROM "+progressName+" WHERE version = $1", version).Scan(&stored, &done, &total)
	switch {
	case err == nil:
		err = json.Unmarshal([]byte(stored), &after)
		return after, done, total, err
	case !errors.Is(err, sql.ErrNoRows):
		return nil, 0, 0, err
	}
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+b.table).Scan(&total); err != nil {
		return nil, 0, 0, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO "+progressName+" (version, position, rows_done, rows_total) VALUES ($1, 'null', 0, $2)", version, total)
	return nil, 0, total, err
}

// end returns the key of the last row of the next batch, and the number of its rows.
func (b *batches) end(ctx context.Context, tx *sql.Tx, after position) (to position, n int64, err error) {
	condition, args := b.between(after, nil)
	key := strings.Join(b.key, ", ")
	to = make(position, len(b.key))
	into := make([]any, len(to)+1)
	for i := range to {
		into[i] = &to[i]
	}
	into[len(to)] = &n
	query := fmt.Sprintf("SELECT %s, n FROM (SELECT %s, ROW_NUMBER() OVER (ORDER BY %s) AS n FROM %s WHERE %s ORDER BY %s LIMIT %d) part ORDER BY n DESC LIMIT 1", //nolint:gosec // names from a file of this program
		key, key, key, b.table, condition, key, b.rows)
	err = tx.QueryRowContext(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return to, n, err
}

func (b *batches) change(ctx context.Context, tx *sql.Tx, after, to position) error {
	condition, args := b.between(after, to)
	_, err := tx.ExecContext(ctx, strings.Replace(b.statement, ":batch", condition, 1), args...)
	return err
}

// position is the key of a row.
type position []any

// MarshalJSON keeps the types of the values, which decide how SQLite compares them.
func (p position) MarshalJSON() ([]byte, error) {
	values := make([]map[string]any, len(p))
	for i, v := range p {
		switch v := v.(type) {
		case []byte:
			values[i] = map[string]any{"blob": v}
		case int64:
			values[i] = map[string]any{"number": strconv.FormatInt(v, 10)}
		case string:
			values[i] = map[string]any{"text": v}
		default:
			return nil, fmt.Errorf("a key of type %T cannot be stored", v)
		}
	}
	return json.Marshal(values)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *position) UnmarshalJSON(b []byte) error {
	var values []struct {
		Blob   []byte  `json:"blob"`
		Number string  `json:"number"`
		Text   *string `json:"text"`
	}
	if err := json.Unmarshal(b, &values); err != nil || values == nil {
		return err
	}
	*p = make(position, len(values))
	for i, v := range values {
		switch {
		case v.Text != nil:
			(*p)[i] = *v.Text
		case v.Number != "":
			n, err := strconv.ParseInt(v.Number, 10, 64)
			if err != nil {
				return err
			}
			(*p)[i] = n
		default:
			(*p)[i] = v.Blob
		}
	}
	return nil
}
