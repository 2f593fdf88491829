package engine_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

func TestTheSecondSyncGoesOnFromTheCheckpoint(t *testing.T) {
	f := newFixture(t)
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".state"); got != "" {
		t.Errorf("the first read was given a state: %s", got)
	}
	want(t, f.sync(t, nil), store.Succeeded)
	wanted := `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}]`
	if got := f.note(t, ".state"); got != wanted {
		t.Errorf("the second read was given %s, want %s", got, wanted)
	}
}

func TestArgumentsAreThePositionalOnesThatOldKitsWant(t *testing.T) {
	f := newFixture(t)
	want(t, f.sync(t, nil), store.Succeeded)
	want(t, f.sync(t, nil), store.Succeeded)
	var read string
	for _, line := range strings.Split(f.note(t, ""), "\n") {
		if strings.HasPrefix(line, "source read") {
			read = line
		}
	}
	words := strings.Fields(read)
	if len(words) != 8 || words[2] != "--config" || words[4] != "--catalog" || words[6] != "--state" {
		t.Errorf("read was called as %q", read)
	}
}

func TestConnectionsThatNeedMendingAreTold(t *testing.T) {
	f := newFixture(t)
	f.spec = "  streams: [{name: user}]\n"
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	if r.Mend == nil || !strings.Contains(r.Reasons()[0], `users`) {
		t.Errorf("mend %v, reasons %q: want the nearest stream named", r.Mend, r.Reasons())
	}
	if strings.Contains(f.note(t, ""), "source read") {
		t.Error("the source was read all the same")
	}
}

func TestAFailedSourceFailsTheSyncAndKeepsWhatWasCommitted(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, EXIT: "3"`
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	c, err := f.engine.Store.Checkpoint(t.Context(), "shop-to-lake")
	if err != nil || len(c.Positions) != 1 {
		t.Fatalf("checkpoint %v, %v: want the one committed state", c, err)
	}
	f.sourceEnv = ""
	r = f.sync(t, nil)
	want(t, r, store.Succeeded)
	if r.Record.ID != 1 || len(r.Record.Attempts) != 2 {
		t.Errorf("sync %d with %d attempts, want the second attempt of sync 1", r.Record.ID, len(r.Record.Attempts))
	}
}

func TestRetriesAreMadeWithinOneSync(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, EXIT: "1"`
	f.spec = "  retries: {max: 2, backoff: 1ms}\n"
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	if n := len(r.Record.Attempts); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

func TestGenerationsFollowTheAttemptsOfASync(t *testing.T) {
	f := newFixture(t)
	f.refreshes = true
	f.sourceEnv = `, EXIT: "1"`
	f.spec = "  streams: [{name: users, syncMode: full_refresh, destinationSyncMode: overwrite}, {name: plain, syncMode: full_refresh, destinationSyncMode: overwrite}]\n"
	want(t, f.sync(t, nil), store.Failed)
	if got := f.generations(t); got != "users 1/1 append, plain 1/1 append" {
		t.Errorf("first attempt: %s", got)
	}
	f.sourceEnv = ""
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.generations(t); got != "users 1/1 append, plain 2/2 append" {
		t.Errorf("second attempt: %s, want the resumable stream to keep its generation", got)
	}
	if got := f.note(t, ".state"); !strings.Contains(got, `"id":1`) {
		t.Errorf("the resumable stream's state is gone: %s", got)
	}
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.generations(t); got != "users 2/2 append, plain 3/3 append" {
		t.Errorf("next sync: %s", got)
	}
	if got := f.note(t, ".state"); got != "" {
		t.Errorf("a new full refresh was given a state: %s", got)
	}
}

// generations reads the destination's catalog.
func (f *fixture) generations(t *testing.T) string {
	t.Helper()
	var c airbyte.ConfiguredCatalog
	if err := json.Unmarshal([]byte(f.note(t, ".destination-catalog")), &c); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range c.Streams {
		b, err := json.Marshal([]int64{s.GenerationID, s.MinimumGenerationID})
		if err != nil {
			t.Fatal(err)
		}
		ids := strings.NewReplacer("[", "", "]", "", ",", "/").Replace(string(b))
		all = append(all, s.Stream.Name+" "+ids+" "+string(s.DestinationSyncMode))
	}
	return strings.Join(all, ", ")
}

func TestAChangedConfigIsKeptAndUsedUntilTheUserChangesIt(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, CONTROL: "1"`
	want(t, f.sync(t, nil), store.Succeeded)
	f.sourceEnv = ""
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".config"); !strings.Contains(got, "rotated-secret") {
		t.Errorf("the next read got %s", got)
	}
	t.Setenv("SHOP_KEY", "new-from-the-user")
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".config"); !strings.Contains(got, "new-from-the-user") {
		t.Errorf("the user's own change was ignored: %s", got)
	}
}

func TestSecretsReachNoLogAndNoEvent(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, CONTROL: "1"`
	want(t, f.sync(t, nil), store.Succeeded)
	events, err := json.Marshal(f.events)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(events); strings.Contains(text, "top-secret-value") || strings.Contains(text, "rotated-secret") {
		t.Error("an event holds a secret")
	}
	seen := 0
	err = filepath.WalkDir(engine.LogsDir(filepath.Join(f.dir, "home")), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "the key is ***") {
			seen++
		}
		if text := string(b); strings.Contains(text, "top-secret-value") || strings.Contains(text, "rotated-secret") {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil || seen == 0 {
		t.Errorf("the redacted line was seen %d times, %v", seen, err)
	}
}

func TestAResetEmptiesStreamsAndForgetsTheirState(t *testing.T) {
	f := newFixture(t)
	f.refreshes = true
	want(t, f.sync(t, nil), store.Succeeded)
	users := airbyte.Descriptor{Name: "users"}
	want(t, f.sync(t, func(r *engine.Request) { r.Reset, r.Refresh = true, []airbyte.Descriptor{users} }), store.Succeeded)
	if got := f.generations(t); got != "users 1/1 append" {
		t.Errorf("catalog of the reset: %s", got)
	}
	if in := f.note(t, ".stdin"); strings.Contains(in, "RECORD") || !strings.Contains(in, "COMPLETE") {
		t.Errorf("the destination was given %s", in)
	}
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".state"); got != "" {
		t.Errorf("the state outlived the reset: %s", got)
	}
}

func TestASecondEngineIsRefusedWhileTheFirstSyncs(t *testing.T) {
	f := newFixture(t)
	lease, err := f.engine.Store.Acquire(t.Context(), "shop-to-lake", store.ProcessHolder(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.engine.Sync(t.Context(), f.request(t))
	var held *store.HeldError
	if !asHeld(err, &held) {
		t.Fatalf("error %v, want a HeldError", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, f.sync(t, nil), store.Succeeded)
}

func TestASourceWithoutASpecIsSyncedAllTheSame(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, SPEC: none`
	want(t, f.sync(t, nil), store.Succeeded)
}

func TestAKilledAnswerIsNoAnswer(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, SPEC: killed`
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	if why := strings.Join(r.Reasons(), "\n"); !strings.Contains(why, "spec of source shop") {
		t.Errorf("reasons %q", r.Reasons())
	}
}
