//go:build linux

package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

func asHeld(err error) (*store.HeldError, bool) {
	var held *store.HeldError
	return held, errors.As(err, &held)
}

// The connectors of the documents write down each start of their read or write,
// and what the destination gets.
const (
	notingSource      = `[ "$2" != read ] || echo $$ >>"$0/source.pids"; "$1/source-faker" "${@:2}"`
	notingDestination = `[ "$2" = write ] || exec "$1/destination-discard" "${@:2}"; echo $$ >>"$0/destination.pids"; tee -a "$0/bytes" | { [ ! -e "$0/slow" ] || sleep 3; "$1/destination-discard" "${@:2}"; }`
)

// newSyncs is a world whose relays are whole engines, with documents of a
// connection that moves so many users at so many rows a second.
func newSyncs(t *testing.T, ttl time.Duration, users int, rate float64) (*world, wanted) {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), redis: redistest.Start(t), pods: map[string]*pod{
		"source": {dir: ""}, "destination": {},
	}}
	documents := fmt.Sprintf(`
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [/bin/bash, -c, %q, %q, %q]}
  config: {count: %d, rate: %v, records_per_state: 200}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  supportsRefreshes: true
  connector: {command: [/bin/bash, -c, %q, %q, %q]}
  config: {stats: true}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: shop-to-lake}
spec: {source: shop, destination: lake}
`, notingSource, w.dir, bin, users, rate, notingDestination, w.dir, bin)
	file := filepath.Join(w.dir, "shop.yaml")
	if err := os.WriteFile(file, []byte(documents), 0o600); err != nil {
		t.Fatal(err)
	}
	o := wanted{
		Pods: localPods{Dir: filepath.Join(w.dir, "pods"), Bin: bin, Redis: w.redis.URL(), TTL: ttl},
		File: file, Home: filepath.Join(w.dir, "home"), Key: "the first request",
	}
	t.Cleanup(func() {
		if err := o.Pods.Remove(t.Context(), "", 1); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		killLeft(w.dir)
	})
	return w, o
}

// killLeft kills what a test that failed has left of its pods.
func killLeft(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, "pods", "*", "*", "*", "*.pid")) // the pattern is right
	for _, path := range left {
		if pid := pidIn(path); alive(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may end meanwhile
		}
	}
}

// engine starts an engine's process.
func (w *world) engine(program string, o wanted) *one {
	w.t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.start(nil, program, engineArg, string(text))
}

// became waits for the end of an engine and gives what it said.
func (w *world) became(p *one) became {
	w.t.Helper()
	w.until("the engine's end", p.done)
	var b became
	if err := json.Unmarshal([]byte(p.out.String()), &b); err != nil {
		w.t.Fatalf("the engine says %q: %v\n%s", p.out.String(), err, p.log.String())
	}
	return b
}

// received is how many bytes the destination has got.
func (w *world) received() int64 {
	info, err := os.Stat(filepath.Join(w.dir, "bytes"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// starts counts the starts of a side's connector.
func (w *world) starts(side string) int {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, side+".pids"))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

// records counts the rows that reached the destination, and the different ones.
func (w *world) records() (all, different int) {
	w.t.Helper()
	seen := map[string]bool{}
	each(w.t, filepath.Join(w.dir, "bytes"), func(line string) {
		if strings.HasPrefix(line, `{"type":"RECORD"`) {
			all++
			row, _, _ := strings.Cut(line, `,"emitted_at"`)
			seen[row] = true
		}
	})
	return all, len(seen)
}

func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// exact checks that a sync has come to a good end, in one attempt over the same
// connectors, with each row once.
func (w *world) exact(b became, users int) {
	w.t.Helper()
	if b.Status != store.Succeeded || b.Error != "" || b.Sync != 1 || len(b.Attempts) != 1 {
		w.t.Errorf("sync %d ended %s %q %s after %d attempts", b.Sync, b.Status, b.Reasons, b.Error, len(b.Attempts))
	}
	if s, d := w.starts("source"), w.starts("destination"); s != 1 || d != 1 {
		w.t.Errorf("the source was started %d times, the destination %d", s, d)
	}
	if all, different := w.records(); all != 3*users+100 || different != all {
		w.t.Errorf("%d rows arrived, %d of them different; want %d", all, different, 3*users+100)
	}
}

// TestASyncOutlivesItsEngines however they end, and none of its connectors is
// started again.
func TestASyncOutlivesItsEngines(t *testing.T) {
	for name, s := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "asked to leave": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			users, times, each := 6_000, 6, 1.5 // s that an engine's turn takes
			if soak() {
				users, times = 100_000, 100
			}
			if soak() && s == syscall.SIGTERM {
				each = 0.7 // no lease has to end
			}
			w, o := newSyncs(t, time.Second, users, float64(3*users)/(float64(times)*each))
			var b became
			ended := 0
			for ; ; ended++ {
				e, before := w.engine(self(t), o), w.received()
				w.until("bytes of a new engine", func() bool { return e.done() || w.received() > before })
				if ended < times {
					time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
					w.signal(e, s)
				}
				w.until("the engine's end", e.done)
				if e.out.String() == "" {
					continue // killed
				}
				if b = w.became(e); !b.Continued {
					break
				}
			}
			w.exact(b, users)
			if ended < times || len(b.Attempts[0].Relays) < times {
				t.Errorf("%d engines were ended, %d went on: %+v", ended, len(b.Attempts[0].Relays), b.Attempts[0].Relays)
			}
			again := w.became(w.engine(self(t), o))
			if !again.Repeated || again.Status != store.Succeeded || again.Sync != 1 || w.starts("source") != 1 {
				t.Errorf("the same request once more became sync %d, %s, repeated: %t", again.Sync, again.Status, again.Repeated)
			}
		})
	}
}

// TestARequestThatComesAgainWhileItsSyncRunsIsTurnedAway.
func TestARequestThatComesAgainWhileItsSyncRunsIsTurnedAway(t *testing.T) {
	const users = 2_000
	w, o := newSyncs(t, time.Second, users, 2_000)
	first := w.engine(self(t), o)
	w.until("the first bytes", func() bool { return w.received() > 0 })
	if b := w.became(w.engine(self(t), o)); !b.Held || first.done() {
		t.Errorf("the second engine says %+v", b)
	}
	w.exact(w.became(first), users)
}

// TestAnEngineThatFindsNoPodsStartsFromTheCheckpoint, in the same sync.
func TestAnEngineThatFindsNoPodsStartsFromTheCheckpoint(t *testing.T) {
	const users = 3_000
	w, o := newSyncs(t, time.Second, users, 3_000)
	first := w.engine(self(t), o)
	w.until("some checkpoints", func() bool { return w.received() > 300_000 })
	w.signal(first, syscall.SIGKILL)
	w.until("the engine's end", first.done)
	for _, side := range []string{"read", "write"} {
		pid := pidIn(filepath.Join(o.Pods.Dir, "1", "1", side, "serve.pid"))
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	w.resumedByASecondAttempt(w.became(w.engine(self(t), o)), users)
}

// resumedByASecondAttempt checks that a second attempt has brought what the first
// had not, and not all of it again.
func (w *world) resumedByASecondAttempt(b became, users int) {
	w.t.Helper()
	if b.Status != store.Succeeded || b.Sync != 1 || len(b.Attempts) != 2 || w.starts("source") != 2 {
		w.t.Errorf("sync %d ended %s %q %s after %d attempts", b.Sync, b.Status, b.Reasons, b.Error, len(b.Attempts))
	}
	all, different := w.records()
	if different != 3*users+100 || all >= 2*different {
		w.t.Errorf("%d rows arrived, %d of them different; want %d different", all, different, 3*users+100)
	}
}

// TestAnUpgradedEngineStartsFromTheCheckpoint rather than mix its bytes with
// those of its predecessor.
func TestAnUpgradedEngineStartsFromTheCheckpoint(t *testing.T) {
	const users = 3_000
	w, o := newSyncs(t, time.Second, users, 3_000)
	first := w.engine(self(t), o)
	w.until("some checkpoints", func() bool { return w.received() > 300_000 })
	w.signal(first, syscall.SIGTERM)
	if b := w.became(first); !b.Continued {
		t.Fatalf("the first engine did not leave: %+v", b)
	}
	b := w.became(w.engine(w.upgraded(), o))
	w.resumedByASecondAttempt(b, users)
	if len(b.Attempts) > 0 && !strings.Contains(strings.Join(b.Attempts[0].Reasons, " "), "version") {
		t.Errorf("the first attempt ended for %q", b.Attempts[0].Reasons)
	}
}
