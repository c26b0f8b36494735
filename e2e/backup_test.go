package e2e

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestBackupUnderLoad backs up the database while many clients change it, and serves the copy: it must contain every
// change that was acknowledged before the backup began, and no partial change.
func TestBackupUnderLoad(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, "sqlite:"+filepath.Join(dir, "raff.db"))
	l := newLoad(t, p.Server)
	for n := range trials(t, 1) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); l.clients(ctx, 8) }()
		before := len(l.known())
		rafftest.Eventually(t, "changes under way", func() bool { return len(l.known()) > before })
		to := filepath.Join(dir, fmt.Sprintf("copy%d.db", n)) // a new name, because the write-ahead log of a served copy fits no other copy
		known := l.known()
		began := time.Now()
		p.operate(t, "backup", "--to", to)
		took := time.Since(began)
		during := len(l.known()) - len(known)
		stop()
		<-ended
		l.settle(t)
		l.restored(t, p, to, known)
		t.Logf("%d things in the backup, which took %v; %d more were made meanwhile", len(known), took.Round(time.Millisecond), during)
	}
	p.clean(t)
}

// known returns a copy of what the responses said so far.
func (l *load) known() map[*thing]thing {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[*thing]thing{}
	for _, th := range l.things {
		if th.doubt == nil {
			then := *th
			then.want = maps.Clone(th.want)
			all[th] = then
		}
	}
	return all
}

// restored serves the copy and compares it with what was known when it was made, except for later changes.
func (l *load) restored(t *testing.T, p *process, to string, known map[*thing]thing) {
	t.Helper()
	copied := prepare(t, "sqlite:"+to)
	copied.Account = p.Account
	copied.start(t)
	there := newLoad(t, copied.Server)
	there.worker = l.worker // its clients use different names
	there.balance(t)
	rows, compared := there.rows(t), 0
	for th, then := range known {
		if th.gone != then.gone || !reflect.DeepEqual(th.want, then.want) {
			continue
		}
		compared++
		row := rows[th.list][th.name]
		if difference := then.differs(row); th.gone && row != nil || !th.gone && difference != "" {
			t.Errorf("in the copy %s of %s %s, removed before: %v", th.name, th.list, difference, th.gone)
		}
	}
	if compared < len(known)/4 {
		t.Errorf("only %d of %d things did not change later", compared, len(known))
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	there.clients(ctx, 2)
	if there.report(t); there.acks == 0 {
		t.Error("the copy refuses changes")
	}
	copied.sealAll(t)
}
