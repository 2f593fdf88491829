package e2e

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "knelt.dev/pkg/store/sqlite" // brings the driver
)

// shop writes the documents of a sync that keeps its rows.
func shop(t *testing.T, dir, config string) {
	t.Helper()
	documents(t, filepath.Join(dir, "knelt.yaml"),
		side("Source", "shop", "source-faker", config),
		side("Destination", "lake", "destination-sqlite", `{"path":"./shop.db","commit_rows":100,"commit_ms":10}`),
		document("Connection", "shop-to-lake", object{"source": "shop", "destination": "lake"}))
}

func says(t *testing.T, r ran, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, text := range texts {
		if !regexp.MustCompile(text).MatchString(r.output) {
			t.Errorf("it does not say %q", text)
		}
	}
	if t.Failed() {
		t.Logf("it said:\n%.6000s", progress.ReplaceAllString(r.output, ""))
	}
}

// wholeShop makes sure that the destination has every row.
func wholeShop(t *testing.T, dir string, users int) {
	t.Helper()
	for table, want := range map[string]int{"users": users, "purchases": 2 * users, "products": 100} {
		rows, ids, err := Rows(t.Context(), bin, filepath.Join(dir, "shop.db"), table)
		if err != nil || ids != want {
			t.Errorf("%s has %d rows of %d ids, want %d (%v)", table, rows, ids, want, err)
		}
	}
}

func TestAStoreThatIsLockedIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop(t, dir, `{"count":50}`)
	says(t, syncIn(t, dir), 0)
	state := filepath.Join(dir, ".knelt", "state.db")
	db, err := sql.Open("sqlite", "file:"+state+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	shop(t, dir, `{"count":60}`)
	locked := syncIn(t, dir)
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	says(t, locked, 1, `state\.db has been locked by another process for 10s: end what keeps it open`)
	nothingLeft(t, dir)
	says(t, syncIn(t, dir), 0)
	wholeShop(t, dir, 60)
}

// TestAStoreThatIsLockedForAWhileHoldsASyncUp: less than the patience of a store
// changes nothing about the outcome.
func TestAStoreThatIsLockedForAWhileHoldsASyncUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop(t, dir, `{"count":600,"rate":600,"records_per_state":50}`)
	p := Start(t, dir, filepath.Join(bin, "knelt"), "sync", "-f", "knelt.yaml", "--json")
	p.Await(`"event":"progress"`)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, ".knelt", "state.db")+"?_txlock=exclusive&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * time.Second)
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	says(t, ranOf(t, p), 0, `"status":"succeeded"`)
	wholeShop(t, dir, 600)
}

func TestADamagedStoreIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop(t, dir, `{"count":50}`)
	says(t, syncIn(t, dir), 0)
	state := filepath.Join(dir, ".knelt", "state.db")
	if err := os.WriteFile(state, []byte(strings.Repeat("this is no database\n", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, syncIn(t, dir), 1, `state\.db is damaged or not a SQLite file: put back a copy of it`)
	nothingLeft(t, dir)
	if text, err := os.ReadFile(state); err != nil || !strings.HasPrefix(string(text), "this is no database\n") {
		t.Errorf("the damaged file was written to (%v)", err)
	}
}

func TestAHomeThatCannotBeMadeIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop(t, dir, `{"count":50}`)
	// Not even root can make a folder there.
	says(t, syncIn(t, dir, "--home", "/proc/knelt"), 1, `knelt: making the home: .*/proc/knelt`)
	says(t, syncIn(t, dir, "--home", "knelt.yaml"), 1, `knelt\.yaml`)
	if _, err := os.Stat(filepath.Join(dir, "shop.db")); err == nil {
		t.Error("rows were moved although their checkpoint could not be kept")
	}
}

// TestAFullDiskUnderTheStoreLosesNothing fills the disk of the store during a sync:
// it says so and fails, and when there is room again the next one brings what is
// missing. Logs and private files are elsewhere, so that nothing makes room.
func TestAFullDiskUnderTheStoreLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop(t, dir, `{"count":6000,"records_per_state":20,"rate":6000}`)
	own := []string{"-m"} // a file system of one's own
	if os.Geteuid() != 0 {
		own = []string{"-rm"} // in a user namespace
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", append(own, "mount", "-t", "tmpfs", "try", dir)...).CombinedOutput(); err != nil {
		t.Logf("no file system may be mounted here (%v: %s): a limit on the size of files has to do", err, out)
		says(t, inFullDisk(t, dir, nil, limited), 0, "first ended with [1-9]", "second ended with 0")
	} else {
		says(t, inFullDisk(t, dir, own, mounted), 0, "first ended with 1", "state.db", "no room left to write|failed or has no room", "second ended with 0")
	}
	wholeShop(t, dir, 6000)
}

const (
	mounted = `
mkdir home logs run && mount -t tmpfs -o size=4m full home && ln -s ../logs home/logs && ln -s ../run home/run || exit 91
BIN/knelt sync -f knelt.yaml --home home --json & sync=$!
until grep -q '"statesReturned":[1-9]' out; do sleep 0.05; done
head -c 8m /dev/zero >home/filler
wait $sync; echo "first ended with $?"
rm home/filler
`
	limited = `
(ulimit -f 400; exec BIN/knelt sync -f knelt.yaml --home home --json); echo "first ended with $?"
`
)

// inFullDisk runs a script that fills the disk under a first sync, and a second
// sync when there is room again.
func inFullDisk(t *testing.T, dir string, own []string, first string) ran {
	t.Helper()
	text := "#!/bin/sh\nexec >out 2>&1\n" + first + `BIN/knelt sync -f knelt.yaml --home home --json; echo "second ended with $?"` + "\n"
	script := program(t, dir, "full.sh", strings.ReplaceAll(text, "BIN", bin))
	command := []string{script}
	if own != nil {
		command = append(append([]string{"unshare"}, own...), script)
	}
	p := Start(t, dir, command[0], command[1:]...)
	select {
	case <-p.done:
	case <-time.After(Patience): // the relay gives the store 30 s
	}
	code := p.Exit()
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return ran{code: code, output: string(out)}
}

func TestCtrlCEndsWithinGraceASourceThatIgnoresIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trouble{
		source: `{"fail_at":1500,"fail_mode":"hang","ignore_sigterm":true}`,
		more:   object{"timeouts": object{"grace": "1s"}},
	}.write(t, dir)
	p := Start(t, dir, filepath.Join(bin, "knelt"), "sync", "-f", "knelt.yaml", "--json")
	p.Await(`"event":"progress"`)
	p.Signal(syscall.SIGINT)
	began := time.Now()
	says(t, ranOf(t, p), 130, `"status":"cancelled"`)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	nothingLeft(t, dir)
}
