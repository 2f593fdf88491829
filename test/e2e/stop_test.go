package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowShop writes the documents of a sync that takes longer than any test waits,
// with a state each second row hundred; count and rate go into the source's config.
func slowShop(t *testing.T, config string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text := fmt.Sprintf(`apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [%[1]s/source-faker]}
  config: {%[2]s}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  connector: {command: [%[1]s/destination-sqlite]}
  supportsRefreshes: true
  config: {path: ./shop.db, commit_ms: 50}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: shop-to-lake}
spec:
  source: shop
  destination: lake
  streams:
    - {name: users, syncMode: incremental, destinationSyncMode: append_dedup, primaryKey: [[id]]}
`, bin, config)
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	slow = "count: 3000, rate: 300, records_per_state: 100"
	fast = "count: 3000, records_per_state: 100"
)

// startSlow starts a sync and waits until the destination has returned a state.
func startSlow(t *testing.T, dir string) *Program {
	t.Helper()
	p := Start(t, dir, filepath.Join(bin, "knelt"), "sync", "-f", "shop.yaml", "--json")
	p.Await(`"event":"progress"`)
	for deadline := time.Now().Add(Patience); !returnedState(p.Output()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no state was returned:\n%s", p.Output())
		}
	}
	return p
}

func returnedState(output string) bool {
	for _, part := range strings.Split(output, `"statesReturned":`)[1:] {
		if part[0] != '0' {
			return true
		}
	}
	return false
}

// finish lets the source be quick and syncs to the end. What was committed before
// is not read again.
func finish(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "shop.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), slow, fast, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Start(t, dir, filepath.Join(bin, "knelt"), "sync", "-f", "shop.yaml")
	if code := p.Exit(); code != 0 {
		t.Fatalf("the next run ended with exit code %d:\n%s", code, p.Output())
	}
	if strings.Contains(p.Output(), " 3,000 ") {
		t.Errorf("the next run began from the beginning:\n%s", p.Output())
	}
	rows, ids, err := Rows(t.Context(), bin, filepath.Join(dir, "shop.db"), "users")
	if err != nil {
		t.Fatal(err)
	}
	if rows != 3000 || ids != 3000 {
		t.Errorf("the destination has %d rows of %d ids, not 3000", rows, ids)
	}
}

func TestCtrlCKeepsWhatIsCommittedAndTheNextRunCompletes(t *testing.T) {
	t.Parallel()
	// What this process ignores, as under nohup, its children do too.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(caught) })
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			dir := slowShop(t, slow)
			p := startSlow(t, dir)
			p.Signal(s)
			p.Await("stopping: what the destination has committed is kept")
			if code := p.Exit(); code != 130 {
				t.Errorf("exit code %d, not 130:\n%s", code, p.Output())
			}
			if !strings.Contains(p.Output(), `"status":"cancelled"`) {
				t.Errorf("no event tells that it was cancelled:\n%s", p.Output())
			}
			finish(t, dir)
		})
	}
}

func TestASecondCtrlCEndsConnectorsThatDoNotListen(t *testing.T) {
	t.Parallel()
	dir := slowShop(t, slow+", ignore_sigterm: true")
	p := startSlow(t, dir)
	p.Signal(syscall.SIGINT)
	p.Await("stopping: ")
	p.Signal(syscall.SIGINT)
	began := time.Now()
	if code := p.Exit(); code != 130 {
		t.Errorf("exit code %d, not 130:\n%s", code, p.Output())
	}
	// Patience of the program is 12 s; the rest is for a busy machine.
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s to stop at once", took)
	}
	finish(t, dir)
}

func TestAKilledEngineBlocksNobodyAndLosesNothing(t *testing.T) {
	t.Parallel()
	dir := slowShop(t, slow)
	p := startSlow(t, dir)
	p.Signal(syscall.SIGKILL)
	if code := p.Exit(); code != 128+9 {
		t.Fatalf("exit code %d", code)
	}
	syncs := Start(t, dir, filepath.Join(bin, "knelt"), "syncs", "-f", "shop.yaml")
	if code := syncs.Exit(); code != 0 || !strings.Contains(syncs.Output(), "its engine was ended; the next sync goes on with it") {
		t.Errorf("the history does not tell of it (exit code %d):\n%s", code, syncs.Output())
	}
	began := time.Now()
	finish(t, dir)
	// A lease lives for 15 s: the next run must not have waited for its end.
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("the next run took %s: did it wait for the dead engine's lease?", took)
	}
	left, err := os.ReadDir(filepath.Join(dir, ".knelt", "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.IsDir() {
			t.Errorf("the dead engine's private files are still there: %s", entry.Name())
		}
	}
}

func TestCtrlCEndsASyncWhoseOutputNobodyReads(t *testing.T) {
	t.Parallel()
	dir := slowShop(t, slow)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing is read from it
	fill(t, w)
	cmd := exec.Command(filepath.Join(bin, "knelt"), "sync", "-f", "shop.yaml", "--json")
	cmd.Dir, cmd.Env, cmd.Stdout = dir, Environment(dir), w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// It hangs in its first line of output, with the store already there.
	for deadline := time.Now().Add(Patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, ".knelt", "logs")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Error("the sync did not begin")
			break
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if code := exitCode(t, err); code != 130 {
				t.Errorf("exit code %d, not 130", code)
			}
			return
		case <-time.After(2 * time.Second):
		}
	}
}

// fill writes into a pipe until nothing more goes in.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	if err := w.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := w.Write(make([]byte, 4096)); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
