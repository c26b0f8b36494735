package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/signin"
	"raff/internal/store"
	"raff/internal/team"
)

func (w *world) newSession(t *testing.T, u team.User, accountID, token string, micros int) team.Session {
	t.Helper()
	s := team.Session{
		ID: newID(), UserID: u.ID, AccountID: accountID, UserAgent: "Firefox", CreatedAt: w.at(micros), LastSeenAt: w.at(micros), ExpiresAt: w.at(9999),
	}
	w.do(t, func(tx store.Tx) error {
		ok, _, err := tx.InsertSession(w.ctx, s, hash(token), u.PasswordHash)
		return must(ok, err)
	})
	return s
}

func sessionComesBack(t *testing.T, w *world) {
	u := w.newUser(t, "sam@example.com", "Sam")
	s := w.newSession(t, u, w.account.ID, "sam", 1)
	now := w.at(50)
	account, err := w.Account(w.ctx, w.account.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "session without a membership", team.SessionRow{Session: s, User: u, Account: account})(w.Session(w.ctx, hash("sam"), now))
	_, err = w.Session(w.ctx, hash("other"), now)
	wantNotFound(t, "unknown session", err)

	p := w.newProject(t, "Sessions", "sessions")
	pm := w.person(u, w.viewer)
	pm.ProjectID, pm.ExpiresAt = p.ID, w.at(60)
	w.add(t, pm)
	same(t, "session of a project member", team.SessionRow{Session: s, User: u, Account: account, InProject: true})(w.Session(w.ctx, hash("sam"), now))
	same(t, "session after the membership expired", team.SessionRow{Session: s, User: u, Account: account})(w.Session(w.ctx, hash("sam"), w.at(60)))

	m := w.person(u, w.admin)
	w.add(t, m)
	want := team.SessionRow{Session: s, User: u, Account: account, Member: &m, InProject: true}
	same(t, "session of a member", want)(w.Session(w.ctx, hash("sam"), now))
	w.do(t, func(tx store.Tx) error {
		same(t, "session in a transaction", want)(tx.Session(w.ctx, hash("sam"), now))
		return nil
	})

	for _, seen := range []time.Time{w.at(30), w.at(20)} { // the earlier time arrives last
		if err := w.TouchSession(w.ctx, s.ID, "192.0.2.7", seen); err != nil {
			t.Fatal(err)
		}
	}
	s.LastSeenAt, s.Address = w.at(30), "192.0.2.7"
	none := w.newSession(t, u, "", "nowhere", 40)
	same(t, "sessions", []team.Session{none, s})(w.SessionsOf(w.ctx, u.ID))
	w.do(t, func(tx store.Tx) error { return tx.MoveSession(w.ctx, none.ID, w.account.ID) })
	none.AccountID = w.account.ID
	same(t, "moved session", []team.Session{none, s})(w.SessionsOf(w.ctx, u.ID))

	stranger := w.newUser(t, "stranger@example.com", "")
	err = w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return tx.DeleteSessionOf(w.ctx, stranger.ID, s.ID) })
	wantNotFound(t, "session of someone else", err)
	w.do(t, func(tx store.Tx) error { return tx.DeleteSessionsOf(w.ctx, u.ID, newID(), "") })
	w.do(t, func(tx store.Tx) error { return tx.DeleteSessionsOf(w.ctx, u.ID, w.account.ID, s.ID) })
	same(t, "sessions but one", []team.Session{s})(w.SessionsOf(w.ctx, u.ID))
	w.do(t, func(tx store.Tx) error { return tx.DeleteSession(w.ctx, hash("sam")) })
	same(t, "no sessions", []team.Session(nil))(w.SessionsOf(w.ctx, u.ID))
}

func TestAccountsOf(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		u := w.newUser(t, "sam@example.com", "Sam")
		in := func(name string, change func(m *team.Member)) team.Account {
			a := w.newAccount(t, name)
			was := w.account
			w.account = a
			m := w.person(u, w.basic)
			change(&m)
			w.add(t, m)
			w.account = was
			return a
		}
		b := in("B", func(*team.Member) {})
		a := in("A", func(m *team.Member) { m.ExpiresAt = w.at(100) })
		held := in("suspended", func(m *team.Member) { m.Status = team.StatusSuspended })
		in("expired", func(m *team.Member) { m.ExpiresAt = w.at(10) })
		w.newAccount(t, "not in")
		same(t, "accounts", []team.Account{a, b})(w.AccountsOf(w.ctx, u.ID, w.at(10)))
		in3 := []string{a.ID, b.ID, held.ID}
		slices.Sort(in3)
		same(t, "accounts that keep the events of the person", in3)(w.AccountsWith(w.ctx, u.ID, w.at(10)))

		// Roles in projects count, unless the account rests them.
		w.add(t, w.person(u, w.basic))
		w.do(t, func(tx store.Tx) error { return tx.KnowUser(w.ctx, w.account.ID, u, w.at(1)) })
		p := w.newProject(t, "P", "p")
		pm := w.person(u, w.viewer)
		pm.ProjectID = p.ID
		w.add(t, pm)
		acme := w.account
		m, err := w.MemberOf(w.ctx, acme.ID, "", team.TypeUser, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		m.Status = team.StatusSuspended
		w.do(t, func(tx store.Tx) error { return tx.UpdateMember(w.ctx, m) })
		same(t, "accounts but the suspended", []team.Account{a, b})(w.AccountsOf(w.ctx, u.ID, w.at(10)))
		w.do(t, func(tx store.Tx) error { return tx.DeleteMember(w.ctx, m) })
		same(t, "accounts with projects", []team.Account{a, acme, b})(w.AccountsOf(w.ctx, u.ID, w.at(10)))
	})
}

// untilOneWaits returns once another transaction waits for a lock of the calling one, or overtaken is closed. With SQLite
// it returns at once, because SQLite runs one change at a time.
func (w *world) untilOneWaits(t *testing.T, overtaken <-chan struct{}) {
	if strings.HasPrefix(w.url, "sqlite:") {
		return
	}
	db := directly(t, w.url)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		var waiting int
		if err := db.QueryRowContext(w.ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting); err != nil {
			t.Error(err)
			return
		}
		if waiting > 0 {
			return
		}
		select {
		case <-overtaken:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Error("no transaction waited for the lock")
}

func TestSignInDuringPasswordChange(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		u := w.newUser(t, "sam@example.com", "Sam")
		changed := u
		changed.PasswordHash = "another"
		started, signedIn := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		go func() {
			done <- w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				if err := tx.UpdateUser(w.ctx, changed); err != nil {
					return err
				}
				close(started)
				w.untilOneWaits(t, signedIn)
				return tx.DeleteSessionsOf(w.ctx, u.ID, "", "")
			})
		}()
		<-started
		s := team.Session{ID: newID(), UserID: u.ID, CreatedAt: w.start, LastSeenAt: w.start, ExpiresAt: w.at(9)}
		ok := false
		if err := w.Update(w.ctx, "", team.Shared, func(tx store.Tx) (err error) {
			ok, _, err = tx.InsertSession(w.ctx, s, hash("sam"), u.PasswordHash)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		close(signedIn)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if left, err := w.SessionsOf(w.ctx, u.ID); len(left) != 0 || ok || err != nil {
			t.Errorf("a session was started with the old password: %v, %v", left, err)
		}
	})
}

func TestSignInDuringFactorEnrollment(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		u := w.newUser(t, "sam@example.com", "Sam")
		started, signedIn := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		var once sync.Once
		go func() {
			done <- w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				if err := must(tx.HoldUser(w.ctx, u.ID)); err != nil {
					return err
				}
				once.Do(func() { close(started) })
				w.untilOneWaits(t, signedIn)
				return tx.InsertFactor(w.ctx, signin.Factor{ID: newID(), UserID: u.ID, Kind: signin.FactorTOTP, Name: "App", Confirmed: true, Secret: []byte("x"), CreatedAt: w.start})
			})
		}()
		<-started
		s := team.Session{ID: newID(), UserID: u.ID, CreatedAt: w.start, LastSeenAt: w.start, ExpiresAt: w.at(9)}
		awaits := false
		if err := w.Update(w.ctx, "", team.Shared, func(tx store.Tx) (err error) {
			_, awaits, err = tx.InsertSession(w.ctx, s, hash("sam"), u.PasswordHash)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		close(signedIn)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if row, err := w.Session(w.ctx, hash("sam"), w.start); err != nil || !awaits || !row.Session.Awaits || !row.HasFactor {
			t.Errorf("a session was started without the second factor: awaits %v, %+v, %v", awaits, row.Session, err)
		}
	})
}

func factorComesBack(t *testing.T, w *world) {
	u, other := w.newUser(t, "fay@example.com", "Fay"), w.newUser(t, "gus@example.com", "Gus")
	app := signin.Factor{ID: newID(), UserID: u.ID, Kind: signin.FactorTOTP, Name: "App", Secret: []byte("secret"), CreatedAt: w.at(1)}
	key := signin.Factor{
		ID: newID(), UserID: u.ID, Kind: signin.FactorPasskey, Name: "Größe", Confirmed: true, Secret: []byte{0, 1, 2}, Step: 7, CreatedAt: w.at(2), LastUsedAt: w.at(3),
	}
	w.do(t, func(tx store.Tx) error {
		if err := tx.InsertFactor(w.ctx, app); err != nil {
			return err
		}
		return tx.InsertFactor(w.ctx, key)
	})
	same(t, "factors", []signin.Factor{app, key})(w.Factors(w.ctx, u.ID))
	app.Confirmed, app.Step, app.Name, app.LastUsedAt = true, 100, "New", w.at(5)
	w.do(t, func(tx store.Tx) error { return tx.UpdateFactor(w.ctx, app) })
	for _, c := range []struct {
		step int
		want bool
	}{{99, false}, {100, false}, {101, true}, {101, false}, {102, true}} {
		w.do(t, func(tx store.Tx) error {
			ok, err := tx.UseFactorStep(w.ctx, app.ID, c.step, w.at(6))
			if ok != c.want {
				t.Errorf("step %d: %v", c.step, ok)
			}
			return err
		})
	}
	app.Step, app.LastUsedAt = 102, w.at(6)
	same(t, "changed factors", []signin.Factor{app, key})(w.Factors(w.ctx, u.ID))

	w.do(t, func(tx store.Tx) error { return tx.ReplaceRecoveryCodes(w.ctx, u.ID, [][]byte{hash("a"), hash("b")}) })
	for _, c := range []struct {
		user, code string
		want       bool
	}{{other.ID, "a", false}, {u.ID, "c", false}, {u.ID, "a", true}, {u.ID, "a", false}} {
		w.do(t, func(tx store.Tx) error {
			ok, err := tx.UseRecoveryCode(w.ctx, c.user, hash(c.code), w.at(7))
			if ok != c.want {
				t.Errorf("code %s: %v", c.code, ok)
			}
			return err
		})
	}
	same(t, "codes left", 1)(w.RecoveryCodesLeft(w.ctx, u.ID))
	err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return tx.DeleteFactor(w.ctx, other.ID, app.ID) })
	wantNotFound(t, "factor of someone else", err)
	w.do(t, func(tx store.Tx) error { return tx.DeleteFactor(w.ctx, u.ID, app.ID) })
	same(t, "factors left", []signin.Factor{key})(w.Factors(w.ctx, u.ID))

	s := w.newSession(t, u, w.account.ID, "fay", 1)
	if !mustAwait(t, w, "fay") {
		t.Error("a session of someone with a factor awaits nothing")
	}
	_, err = w.Ceremony(w.ctx, s.ID)
	wantNotFound(t, "no ceremony", err)
	w.do(t, func(tx store.Tx) error { return tx.SetCeremony(w.ctx, s.ID, []byte("state")) })
	same(t, "ceremony", []byte("state"))(w.Ceremony(w.ctx, s.ID))
	for i, asked := range []string{"another", "state", "state"} {
		w.do(t, func(tx store.Tx) error {
			if ok, err := tx.TakeCeremony(w.ctx, s.ID, []byte(asked)); err != nil || ok != (i == 1) {
				t.Errorf("the question %q, asked after %d: %v, %v", asked, i, ok, err)
			}
			return nil
		})
	}
	next := s
	next.ID = newID()
	w.do(t, func(tx store.Tx) error {
		return errors.Join(must(tx.TakeAwaiting(w.ctx, hash("fay"))), tx.InsertWholeSession(w.ctx, next, hash("fay 2")))
	})
	if mustAwait(t, w, "fay 2") {
		t.Error("a proved session awaits something")
	}
	_, err = w.Session(w.ctx, hash("fay"), w.start)
	wantNotFound(t, "the session that awaited", err)
	w.do(t, func(tx store.Tx) error {
		for _, gone := range []string{"fay", "fay 2"} {
			if ok, err := tx.TakeAwaiting(w.ctx, hash(gone)); ok || err != nil {
				t.Errorf("%s awaits something: %v, %v", gone, ok, err)
			}
		}
		return nil
	})
}

func mustAwait(t *testing.T, w *world, token string) bool {
	t.Helper()
	row, err := w.Session(w.ctx, hash(token), w.start)
	if err != nil {
		t.Fatal(err)
	}
	return row.Session.Awaits
}

func TestEndSessionWaitsForItsWrites(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		u := w.newUser(t, "sam@example.com", "Sam")
		w.newSession(t, u, w.account.ID, "sam", 1)
		read, ended := make(chan struct{}), make(chan struct{})
		var once sync.Once
		var committed atomic.Bool
		done := make(chan error, 1)
		go func() {
			err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				if _, err := tx.Session(w.ctx, hash("sam"), w.start); err != nil {
					return err
				}
				once.Do(func() { close(read) })
				w.untilOneWaits(t, ended)
				committed.Store(true)
				return tx.KnowUser(w.ctx, w.account.ID, u, w.start)
			})
			done <- err
		}()
		<-read
		if err := w.Update(w.ctx, "", team.Shared, func(tx store.Tx) error { return tx.DeleteSession(w.ctx, hash("sam")) }); err != nil {
			t.Fatal(err)
		}
		close(ended)
		if !committed.Load() {
			t.Error("the session was ended while a write of it was under way")
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestLimits(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		again, err := store.Open(w.ctx, w.url, w.cat) // another node
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = again.Close() })
		limits := []team.Limit{{Subject: "a", Every: time.Minute, Burst: 10}, {Subject: "b", Every: time.Second, Burst: 100}}
		var allowed atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			node := []*store.DB{w.DB, again}[i%2]
			wg.Go(func() {
				ok, err := node.Take(w.ctx, limits, w.start)
				if err != nil {
					t.Error(err)
				}
				if ok {
					allowed.Add(1)
				}
			})
		}
		wg.Wait()
		if allowed.Load() != 10 {
			t.Errorf("%d of 40 attempts at once were allowed, want 10", allowed.Load())
		}
		spend := func(limits []team.Limit, after time.Duration, want bool) {
			t.Helper()
			if ok, err := w.Take(w.ctx, limits, w.start.Add(after)); ok != want || err != nil {
				t.Errorf("after %s: %v, %v", after, ok, err)
			}
		}
		spend(limits, 59*time.Second, false)
		spend(limits, time.Minute, true)
		spend(limits, time.Minute, false)
		// What was refused counted nowhere: b has been used 11 times, and a minute is over.
		spend([]team.Limit{{Subject: "b", Every: time.Second, Burst: 1}}, time.Minute, false)
		spend([]team.Limit{{Subject: "b", Every: time.Second, Burst: 1}}, time.Minute+time.Second, true)

		if err := w.Refund(w.ctx, limits[:1], limits[1:]); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			spend(limits[:1], time.Minute, true)
		}
		spend(limits[:1], time.Minute, false)
	})
}

// TestFirstSigningKey lets two nodes store their first key: one of them does.
func TestFirstSigningKey(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		key := func(id string) signin.SigningKey {
			return signin.SigningKey{ID: id, Secret: []byte(id), CreatedAt: time.UnixMicro(1)}
		}
		for _, id := range []string{"s1", "s2"} {
			if err := w.FirstSigningKey(w.ctx, key(id), "active", id); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "active", "s1")(w.Setting(w.ctx, "active"))
		if err := w.AddSigningKey(w.ctx, key("s3")); err != nil {
			t.Fatal(err)
		}
		if err := w.RetireSigningKeys(w.ctx, "s3", time.UnixMicro(5)); err != nil {
			t.Fatal(err)
		}
		ids := func() (string, error) {
			keys, err := w.SigningKeys(w.ctx)
			all := ""
			for _, k := range keys {
				all += fmt.Sprintf("%s=%s %d,", k.ID, k.Secret, max(0, k.RetiredAt.UnixMicro()))
			}
			return all, err
		}
		same(t, "retired", "s1=s1 5,s3=s3 0,")(ids())
		if _, err := w.RemoveSigningKeys(w.ctx, time.UnixMicro(6)); err != nil {
			t.Fatal(err)
		}
		same(t, "removed", "s3=s3 0,")(ids())
	})
}
