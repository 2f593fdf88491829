package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"knelt.dev/test/e2e"
)

// leaseTTL is how long a lease lives unattended. Nobody may ever have to wait for
// that after a kill.
const leaseTTL = 15 * time.Second

// run is one "knelt sync" with the events it has printed.
type run struct {
	w        *world
	cmd      *exec.Cmd
	began    time.Time
	leftover []string // directories of dead runs that it found

	mu      sync.Mutex
	partial []byte
	seen    map[string]time.Time // the first of each kind of event
	more    chan struct{}        // closed and replaced at each event
	stderr  bytes.Buffer

	done chan struct{}
	code int // exit code, 128+n of signal n
}

// start starts a sync.
func (w *world) start() *run {
	w.t.Helper()
	r := &run{w: w, seen: map[string]time.Time{}, more: make(chan struct{}), done: make(chan struct{}), leftover: w.runDirs()}
	r.cmd = exec.Command(filepath.Join(bin, "knelt"), "sync", "-f", w.file(), "--home", w.home(), "--json")
	r.cmd.Dir, r.cmd.Env = w.dir, w.environment()
	r.cmd.Stdout, r.cmd.Stderr = (*eventWriter)(r), (*stderrWriter)(r)
	r.began = time.Now()
	if err := r.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		r.code = codeOf(r.cmd.Wait())
		close(r.done)
	}()
	return r
}

func codeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return -1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

type eventWriter run

func (w *eventWriter) Write(b []byte) (int, error) {
	r := (*run)(w)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partial = append(r.partial, b...)
	for {
		line, rest, ok := bytes.Cut(r.partial, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		r.partial = rest
		var event struct {
			Event string `json:"event"`
		}
		if err := json.Unmarshal(line, &event); err != nil {
			r.w.t.Errorf("not an event: %s", line)
		}
		if _, ok := r.seen[event.Event]; !ok {
			r.seen[event.Event] = time.Now()
		}
		close(r.more)
		r.more = make(chan struct{})
	}
}

type stderrWriter run

func (w *stderrWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stderr.Write(b)
}

// said is what it has printed on stderr.
func (r *run) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.String()
}

// saw tells when the first event of a kind came.
func (r *run) saw(kind string) (at time.Time, ok bool, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok = r.seen[kind]
	return at, ok, r.more
}

// await waits for an event; it is false if the run ended without.
func (r *run) await(kind string) bool {
	for {
		_, ok, more := r.saw(kind)
		if ok {
			return true
		}
		select {
		case <-more:
		case <-r.done:
			_, ok, _ = r.saw(kind)
			return ok
		}
	}
}

func (r *run) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// exit waits for the end and looks at what is true of every run.
func (r *run) exit() int {
	t := r.w.t
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(e2e.Patience):
		t.Fatalf("the engine did not end; stderr:\n%s", r.said())
	}
	if strings.Contains(r.said(), "panic:") || strings.Contains(r.said(), "goroutine ") {
		t.Errorf("the engine crashed:\n%s", r.said())
	}
	if at, ok, _ := r.saw("preparing"); ok {
		r.w.count.start(at.Sub(r.began))
		if wait := at.Sub(r.began); wait > leaseTTL-3*time.Second {
			t.Errorf("it took %s until the connection could be had: as if it waited for a dead engine's lease", wait)
		}
		r.w.checkSwept(r.leftover)
	}
	return r.code
}

// runDirs lists the private directories of runs.
func (w *world) runDirs() []string {
	w.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(w.home(), "run", "run-*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err == nil && bytes.Contains(text, []byte(e2e.SecretValue)) {
			w.count.secrets++
		}
	}
	return dirs
}

// checkSwept makes sure that directories of dead runs are gone. An empty one may
// stay a minute longer: its engine died before it could say that it was its own.
func (w *world) checkSwept(dirs []string) {
	w.t.Helper()
	for _, dir := range dirs {
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			w.t.Errorf("%s of a dead run is still there after the next sync began, with %v", dir, entries)
		}
	}
}

// toTheEnd runs a sync that nobody disturbs.
func (w *world) toTheEnd() time.Duration {
	w.t.Helper()
	r := w.start()
	if code := r.exit(); code != 0 {
		w.t.Fatalf("a sync that nobody disturbed ended with %d; stderr:\n%s", code, r.said())
	}
	w.count.runs++
	if left := w.processes(); len(left) > 0 {
		w.t.Errorf("these outlived a sync that succeeded: %+v", left)
	}
	w.checkSwept(w.runDirs())
	return time.Since(r.began)
}
