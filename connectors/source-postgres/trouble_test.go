package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/test/pgtest"
)

// readLines runs a read that is killed after so many lines; Code is 0 if it came
// to its end before.
func (s shop) readLines(n int, catalog, state string, config ...string) kittest.Result {
	s.t.Helper()
	cmd := program.Start(s.t, kittest.Call{Command: "read", Config: s.Config(config...), Catalog: catalog, State: state})
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var taken bytes.Buffer
	in := bufio.NewReader(pipe)
	for range n {
		line, err := in.ReadBytes('\n')
		taken.Write(line)
		if err != nil {
			return kittest.Result{Stdout: taken.Bytes(), Code: kittest.ExitCode(s.t, cmd.Wait())}
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	return kittest.Result{Stdout: taken.Bytes(), Code: kittest.ExitCode(s.t, cmd.Wait())}
}

func TestATableThatIsGoneOrFailsFailsItsStreamOnly(t *testing.T) {
	s := newShop(t, `CREATE TABLE b (x int)`, `INSERT INTO b VALUES (1)`, `CREATE VIEW v AS SELECT 'secret-value'::text::int / x AS y FROM b`,
		`CREATE VIEW w AS SELECT 1 / (x - 3) AS y FROM generate_series(1, 5) x`)
	r := s.read(1, catalogOf("gone", "v", "w", "b"), "", `"records_per_state":1`)
	wantEqual(t, "messages", words(r),
		"gone:STARTED gone:INCOMPLETE config_error v:STARTED v:INCOMPLETE system_error w:STARTED w:INCOMPLETE system_error b:STARTED 1/1 b:COMPLETE")
	if bytes.Contains(r.Stdout, []byte("secret-value")) {
		t.Errorf("a value is in an error: %s", r.Stdout)
	}
}

func TestARowThatCannotBeReadLeavesTheCountsOfStatesExact(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, x int)`, `INSERT INTO a SELECT i, 4 - i FROM generate_series(1, 5) i`,
		`CREATE FUNCTION inverse(a) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1 / $1.x; END'`, `CREATE VIEW v AS SELECT id, inverse(a) AS y FROM a`)
	for _, way := range []string{"enable_seqscan", "enable_sort"} { // rows are made as they are sent, not before they are sorted
		s.Do(`ALTER DATABASE "` + s.Name + `" SET ` + way + ` = off`)
	}
	r := s.read(1, catalogOf("v:id"), "", `"records_per_state":2`)
	wantEqual(t, "messages", words(r), "v:STARTED 2/2 v:INCOMPLETE system_error")
	wantEqual(t, "rows", valuesOf(t, r, "id"), "1 2 3")
}

func TestAConnectionThatIsCutIsATransientErrorAndTheStatesBeforeItCount(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, x text)`, `INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(1, 50000) i`, `CREATE TABLE b (x int)`)
	cmd := program.Start(t, kittest.Call{Command: "read", Config: s.Config(`"records_per_state":100`), Catalog: catalogOf("a", "b")})
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 200_000)
	if _, err := io.ReadFull(pipe, first); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "connections", s.Cut(), "1")
	rest, err := io.ReadAll(pipe)
	if err != nil {
		t.Fatal(err)
	}
	r := kittest.Result{Stdout: slices.Concat(first, rest), Code: kittest.ExitCode(t, cmd.Wait())}
	if got := words(r); r.Code != 1 || !strings.HasSuffix(got, "a:INCOMPLETE transient_error") {
		t.Errorf("exit code %d, %s", r.Code, got[max(0, len(got)-100):])
	}
	state := lastState(t, r)
	more := s.read(0, catalogOf("a"), state)
	if before := len(upTo(r, r.Of(airbyte.State)[len(r.Of(airbyte.State))-1])); before+len(rows(more)) != 50000 {
		t.Errorf("%d rows up to the last state and %d after it", before, len(rows(more)))
	}
}

func TestConfigsThatCannotWorkAreAnswersOfACheckAndConfigErrors(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int)`)
	for what, c := range map[string]struct{ config, class, phrase string }{
		"password":    {`"password":"wrong-secret"`, "config_error", "password authentication failed"},
		"no password": {`"password":""`, "config_error", "password"},
		"database":    {`"database":"nowhere"`, "config_error", "does not exist"},
		"user":        {`"username":"nobody"`, "config_error", "authentication failed"},
		"TLS":         {`"ssl_mode":{"mode":"require"}`, "config_error", "no TLS"},
		"mode":        {`"ssl_mode":{"mode":"sometimes"}`, "config_error", "ssl_mode"},
		"CA":          {`"ssl_mode":{"mode":"verify-ca","ca_certificate":"x"}`, "config_error", "ca_certificate"},
		"key":         {`"ssl_mode":{"mode":"verify-ca","client_key_password":"x"}`, "config_error", "client_key_password"},
		"host":        {`"host":"no-such-host.invalid"`, "", "no-such-host.invalid"},
		"no host":     {`"host":""`, "config_error", "host is missing"},
		"port":        {`"port":1`, "transient_error", "127.0.0.1:1"},
		"bad port":    {`"port":70000`, "config_error", "port"},
		"CDC":         {`"replication_method":{"method":"CDC"}`, "config_error", "Standard"},
		"tunnel":      {`"tunnel_method":{"tunnel_method":"SSH_KEY_AUTH"}`, "config_error", "NO_TUNNEL"},
		"parameter":   {`"jdbc_url_params":"prepareThreshold=0"`, "config_error", "prepareThreshold"},
		"states":      {`"records_per_state":0`, "config_error", "records_per_state"},
		"schemas":     {`"schemas":[]`, "config_error", "schemas"},
	} {
		r := s.read(1, catalogOf("a"), "", c.config)
		if class, text := kittest.Failure(t, r); (class != c.class && c.class != "") || !strings.Contains(text, c.phrase) {
			t.Errorf("%s: %s %s", what, class, text)
		}
		status, message := program.Check(t, s.Config(c.config))
		if status != airbyte.CheckFailed || !strings.Contains(message, c.phrase) {
			t.Errorf("check, %s: %s %s", what, status, message)
		}
		if strings.Contains(string(r.Stdout)+message, "wrong-secret") || strings.Contains(string(r.Stdout)+message, pgtest.Password) {
			t.Errorf("%s: a password is told", what)
		}
	}
	if status, message := program.Check(t, s.Config(`"jdbc_url_params":"connectTimeout=5&ApplicationName=my%20app&currentSchema=public"`, `"ssl_mode":"prefer"`)); status != airbyte.CheckSucceeded {
		t.Errorf("%s %s", status, message)
	}
}

func TestVariablesOfTheEnvironmentAndSettingsOfTheDatabaseDecideNothing(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x date, y interval, z bytea)`, `INSERT INTO a VALUES ('2024-01-31', '1 day', '\x00')`)
	s.Do(`ALTER DATABASE "`+s.Name+`" SET DateStyle = 'German'`, `ALTER DATABASE "`+s.Name+`" SET IntervalStyle = 'sql_standard'`,
		`ALTER DATABASE "`+s.Name+`" SET bytea_output = 'escape'`, `ALTER DATABASE "`+s.Name+`" SET statement_timeout = '1ms'`)
	for _, variable := range []string{"PGHOST=nowhere.invalid", "PGPORT=1", "PGSSLMODE=verify-full", "PGSERVICE=none", "PGOPTIONS=-c enable_sort=maybe"} {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	wantEqual(t, "rows", strings.Join(rows(s.read(0, catalogOf("a"), "")), ""), `{"x":"2024-01-31","y":"P1D","z":"AA=="}`)
}

func TestALockedTableIsWaitedForAndThenATransientErrorOfItsStream(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x int)`, `CREATE TABLE b (x int)`, `BEGIN`, `LOCK TABLE a`)
	wantEqual(t, "messages", words(s.read(1, catalogOf("a", "b"), "", `"lock_timeout_ms":50`)), "a:STARTED a:INCOMPLETE transient_error b:STARTED 0/0 b:COMPLETE")
	s.Do(`COMMIT`)
}

// Streams of one read fit together whatever is written meanwhile, and no table can
// be emptied under it.
func TestAReadSeesOneMomentOfADatabaseThatIsWritten(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (x text)`, `CREATE TABLE b (x text)`, `INSERT INTO a SELECT repeat('x', 1000) FROM generate_series(1, 20000)`, `INSERT INTO b SELECT x FROM a`)
	cmd := program.Start(t, kittest.Call{Command: "read", Config: s.Config(), Catalog: catalogOf("a", "b")})
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 200_000)
	if _, err := io.ReadFull(pipe, first); err != nil { // it reads, and its pipe is full
		t.Fatal(err)
	}
	s.Do(`INSERT INTO a VALUES ('new')`, `DELETE FROM b`, `SET lock_timeout = 100`)
	if _, err := s.Conn().Exec(t.Context(), `TRUNCATE b`); err == nil {
		t.Error("a table could be emptied by TRUNCATE")
	}
	rest, err := io.ReadAll(pipe)
	if err != nil {
		t.Fatal(err)
	}
	r := kittest.Result{Stdout: slices.Concat(first, rest), Code: kittest.ExitCode(t, cmd.Wait())}
	if n := len(rows(r)); n != 40000 || r.Code != 0 {
		t.Errorf("%d rows, exit code %d", n, r.Code)
	}
}

func TestSIGTERMEndsAReadWithoutErrors(t *testing.T) {
	s := newShop(t, `CREATE VIEW v AS SELECT generate_series(1, 2000000000) AS x`, `CREATE VIEW silent AS SELECT pg_sleep(3600)::text AS x`)
	for _, name := range []string{"v", "silent"} {
		cmd := program.Start(t, kittest.Call{Command: "read", Config: s.Config(), Catalog: catalogOf(name)})
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 100)
		if _, err := io.ReadFull(pipe, line); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(pipe)
		if err != nil {
			t.Fatal(err)
		}
		if code := kittest.ExitCode(t, cmd.Wait()); code != 143 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if bytes.Contains(rest, []byte("ERROR")) || bytes.Contains(rest, []byte("INCOMPLETE")) {
			t.Errorf("%s: it said %s", name, rest[max(0, len(rest)-300):])
		}
	}
}

func TestAServerThatSaysNothingIsATransientError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test's end
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := newShop(t)
	kittest.WantFailure(t, s.read(1, catalogOf("a"), "", `"port":`+port, `"jdbc_url_params":"connectTimeout=1"`), "transient_error", "too long")
}

func TestBigTablesAreNotHeldInMemory(t *testing.T) {
	s := newShop(t, `CREATE TABLE a (id int PRIMARY KEY, at int, x text)`, `INSERT INTO a SELECT i, i % 7, repeat('x', 100000) FROM generate_series(1, 700) i`)
	for _, stream := range []string{"a", "a:at"} {
		cmd := program.Start(t, kittest.Call{Command: "read", Config: s.Config(), Catalog: catalogOf(stream)})
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, pipe, 65e6); err != nil {
			t.Fatal(err)
		}
		if used := kittest.Peak(t, cmd.Process.Pid); used > 40_000 {
			t.Errorf("%s: %d KB of memory", stream, used)
		}
		if _, err := io.Copy(io.Discard, pipe); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}
