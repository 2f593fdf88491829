package pgtest

import (
	"strings"
	"testing"
)

func TestAKilledServerHasWhatWasCommitted(t *testing.T) {
	s := Start(t)
	d := s.NewDatabase(t, `CREATE TABLE a (x int)`, `INSERT INTO a VALUES (1)`)
	s.Kill()
	if _, err := s.connect(d.Name); err == nil {
		t.Fatal("a killed server answers")
	}
	s.Restart(t)
	_ = d.conn.Close(t.Context())
	d.Want(`SELECT x FROM a`, "1")
}

func TestDatabasesOfOneServerAreApart(t *testing.T) {
	s := Start(t, "max_connections=7")
	a, b := s.NewDatabase(t, `CREATE TABLE a (x int)`), s.NewDatabase(t)
	a.Want(`SELECT count(*) FROM pg_class WHERE relname = 'a'`, "1")
	b.Want(`SELECT count(*) FROM pg_class WHERE relname = 'a'`, "0")
	b.Want(`SHOW max_connections`, "7")
}

func TestWithoutPostgreSQLTheErrorSaysWhatToInstall(t *testing.T) {
	if _, err := find("no-such-program"); err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("error %v, want one that says what to install", err)
	}
}
