//go:build linux

package bridge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
)

// TestAResetOutlivesItsEngines: emptying a large table may take longer than a
// function may.
func TestAResetOutlivesItsEngines(t *testing.T) {
	for name, s := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "asked to leave": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			w, o := newSyncs(t, time.Second, 100, 0)
			w.exact(w.became(w.engine(self(t), o)), 100)
			if err := os.WriteFile(filepath.Join(w.dir, "slow"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			o.Key, o.Reset = "a reset", true
			first, before := w.engine(self(t), o), w.received()
			w.until("the first bytes of the reset", func() bool { return w.received() > before })
			w.signal(first, s)
			w.until("the engine's end", first.done)
			b := w.became(w.engine(self(t), o))
			if b.Status != store.Succeeded || b.Sync != 2 || len(b.Attempts) != 1 || len(b.Attempts[0].Relays) != 1 {
				t.Errorf("sync %d ended %s %q %s after attempts %+v", b.Sync, b.Status, b.Reasons, b.Error, b.Attempts)
			}
			if s, d := w.starts("source"), w.starts("destination"); s != 1 || d != 2 {
				t.Errorf("the source was started %d times, the destination %d", s, d)
			}
			if kept := w.checkpoint().Positions; len(kept) > 0 {
				t.Errorf("the reset has left %+v", kept)
			}
		})
	}
}

// TestASuccessorHidesWhatTheSpecMarks: it has not asked for the spec, and the
// config has the secret as it is.
func TestASuccessorHidesWhatTheSpecMarks(t *testing.T) {
	const secret = "sesame-open-4711"
	w, o := newSyncs(t, time.Second, 2_000, 2_000)
	text, err := os.ReadFile(o.File)
	if err != nil {
		t.Fatal(err)
	}
	talkative := `case "$2" in spec) exec "$1/source-faker" spec | sed 's/"properties":{/&"token":{"type":"string","airbyte_secret":true},/' ;; ` +
		`read) (while sleep 0.05; do echo "I log in by ` + secret + `" >&2; done) & exec "$1/source-faker" "${@:2}" ;; *) exec "$1/source-faker" "${@:2}" ;; esac`
	changed := strings.Replace(string(text), fmt.Sprintf("%q", notingSource), fmt.Sprintf("%q", talkative), 1)
	changed = strings.Replace(changed, "config: {count", "config: {token: "+secret+", count", 1)
	if err := os.WriteFile(o.File, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	first := w.engine(self(t), o)
	w.until("the first bytes", func() bool { return w.received() > 0 })
	w.signal(first, syscall.SIGKILL)
	w.until("the engine's end", first.done)
	b := w.became(w.engine(self(t), o))
	if b.Status != store.Succeeded || len(b.Attempts) != 1 || len(b.Attempts[0].Relays) != 1 {
		t.Errorf("sync %d ended %s %q %s", b.Sync, b.Status, b.Reasons, b.Error)
	}
	if shown, hidden := w.logged(secret), w.logged("I log in by ***"); shown > 0 || hidden == 0 {
		t.Errorf("the logs show the secret %d times, and %d times what hides it", shown, hidden)
	}
}

// logged counts how often a text stands in the logs.
func (w *world) logged(text string) (n int) {
	w.t.Helper()
	err := filepath.WalkDir(filepath.Join(w.dir, "home"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		n += strings.Count(string(content), text)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// checkpoint is what the store has of the connection.
func (w *world) checkpoint() store.Checkpoint {
	w.t.Helper()
	db, err := redis.Open(w.t.Context(), w.redis.URL(), redis.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is written
	c, err := db.Checkpoint(w.t.Context(), "shop-to-lake")
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
