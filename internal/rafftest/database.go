package rafftest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/store"
)

// PostgresURL creates an empty database for one test and returns its URL. RAFF_TEST_POSTGRES_URL names a server and a
// user that may create databases. Without it, one temporary cluster is started for the test process, and removed when
// the process ends for any reason. A temporary cluster does not sync to disk.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return createDatabase(t, "")
}

// PreparedURL is PostgresURL with a database that has the schema. In a temporary cluster it is the copy of one database, which takes
// a fraction of the time of creating the schema.
func PreparedURL(t testing.TB) string {
	t.Helper()
	if os.Getenv(externalServer) != "" {
		u := PostgresURL(t)
		if err := createSchema(u); err != nil {
			t.Fatalf("create the schema: %v", err)
		}
		return u
	}
	if err := template(); err != nil {
		t.Fatalf("create a database that others are copied from: %v", err)
	}
	return createDatabase(t, " TEMPLATE "+templateName)
}

const (
	externalServer = "RAFF_TEST_POSTGRES_URL"
	templateName   = "raff_template"
)

// template creates the database that PreparedURL copies.
var template = sync.OnceValue(func() error {
	server, err := throwaway()
	if err != nil {
		return err
	}
	if err := execSQL(server, "CREATE DATABASE "+templateName); err != nil {
		return err
	}
	return createSchema(inDatabase(server, templateName))
})

func createSchema(database string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	db, err := store.Open(ctx, database, nil)
	if err != nil {
		return err
	}
	return db.Close()
}

func testServer() (string, error) {
	if server := os.Getenv(externalServer); server != "" {
		return server, nil
	}
	return throwaway()
}

// createDatabase creates a database for one test, by copying files, which takes a quarter of the time of the default strategy.
func createDatabase(t testing.TB, options string) string {
	t.Helper()
	server, err := testServer()
	if err != nil {
		t.Fatalf("start a PostgreSQL for tests: %v", err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	name := "raff_test_" + hex.EncodeToString(b[:])
	if err := execSQL(server, "CREATE DATABASE "+name+options+" STRATEGY FILE_COPY"); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := execSQL(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	return inDatabase(server, name)
}

// inDatabase returns the URL of a database of the same server.
func inDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(externalServer + ": " + err.Error())
	}
	u.Path = "/" + name
	return u.String()
}

func execSQL(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, statement)
	return err
}

// throwaway returns the URL of the temporary cluster of this process, which the first call starts.
var throwaway = sync.OnceValues(func() (string, error) {
	c, err := startCluster("-c fsync=off -c full_page_writes=off")
	if err != nil {
		return "", err
	}
	shared = c
	// All databases are copies of template1. Creating the extensions of the schema in each one takes longer.
	if err := execSQL(inDatabase(c.URL, "template1"), "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin"); err != nil {
		return "", err
	}
	return c.URL, nil
})

var shared *Cluster //nolint:unused // keeps its lifeline open
