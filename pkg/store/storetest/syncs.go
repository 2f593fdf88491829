package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

var syncTests = map[string]func(*testing.T, Harness){
	"BeginCountsFromOneAConnection":       beginCounts,
	"BeginIsAllOrNothing":                 beginAtomic,
	"BeginAgainKeepsTheID":                beginAgain,
	"BeginCutsAStreamOutOfGlobal":         beginGlobal,
	"BeginCannotRestartAStreamOfLegacy":   beginLegacy,
	"BeginOfAnUnknownIDIsNotFound":        beginUnknown,
	"RecordsComeBackAsSaved":              recordsComeBack,
	"RecordOfAnotherConnectionIsRefused":  otherConnection,
	"SaveOfAnUnknownIDIsNotFound":         saveUnknown,
	"HistoryDropsTheOldestFinished":       historyDrops,
	"HistoryNeverDropsARunningOne":        historyRunning,
	"HistoryDropsARecordThatFinishedLate": historyLate,
	"SyncsArePagedNewestFirst":            syncsPaged,
	"GenerationsAreZeroAtFirst":           generationsZero,
}

func begin(t testing.TB, l store.Lease, r store.SyncRecord) store.SyncRecord {
	t.Helper()
	kept, err := l.Begin(t.Context(), store.Begin{Sync: r})
	ok(t, err)
	return kept
}

func beginCounts(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	for _, name := range []string{"a", "b"} {
		l := acquire(t, s, name, "one")
		for want := int64(1); want <= 3; want++ {
			// Twice the same content is still two syncs.
			if r := begin(t, l, store.SyncRecord{Status: store.Running}); r.ID != want || r.Connection != name {
				t.Errorf("sync %d of %q, want %d of %q", r.ID, r.Connection, want, name)
			}
		}
	}
}

func beginAtomic(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("users", `1`), position("orders", `2`)}))
	b := store.Begin{
		Sync:        store.SyncRecord{Status: store.Running, Attempts: []store.Attempt{{Number: 1, Epoch: 1, Status: store.Running}}},
		Generations: map[airbyte.Descriptor]int64{stream("users"): 1, {Namespace: "n", Name: "x"}: 4},
		Restart:     []airbyte.Descriptor{stream("users")},
	}
	bad := b
	bad.Sync.Definition = json.RawMessage(`{"broken":`)
	before := h.Dump(t)
	if _, err := l.Begin(t.Context(), bad); err == nil {
		t.Error("a record that is no JSON was kept")
	}
	if after := h.Dump(t); after != before {
		t.Errorf("a failed Begin changed the store from\n%s\nto\n%s", before, after)
	}
	kept, err := l.Begin(t.Context(), b)
	ok(t, err)
	got, err := s.Sync(t.Context(), conn, kept.ID)
	ok(t, err)
	generations, err := s.Generations(t.Context(), conn)
	ok(t, err)
	if diff := cmp.Diff(kept, got) + cmp.Diff(b.Generations, generations); diff != "" {
		t.Error(diff)
	}
	wantCheckpoint(t, s, conn, position("orders", `2`))
}

func beginAgain(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	r := begin(t, acquire(t, s, conn, "one"), store.SyncRecord{Status: store.Running, Attempts: []store.Attempt{{Number: 1}}})
	h.Expire(t, conn)
	r.Attempts = append(r.Attempts, store.Attempt{Number: 2, Epoch: 2, Status: store.Running})
	if again := begin(t, acquire(t, s, conn, "two"), r); again.ID != 1 || len(again.Attempts) != 2 {
		t.Errorf("the second attempt is in %+v, want two attempts in sync 1", again)
	}
	list, err := s.Syncs(t.Context(), conn, 0, 10)
	ok(t, err)
	if len(list) != 1 || len(list[0].Attempts) != 2 {
		t.Errorf("syncs %+v, want one with two attempts", list)
	}
}

func beginGlobal(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{global(
		`{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}},{"stream_descriptor":{"name":"b"}}]}}`)}))
	_, err := l.Begin(t.Context(), store.Begin{Restart: []airbyte.Descriptor{stream("b")}})
	ok(t, err)
	wantCheckpoint(t, s, conn, global(`{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}}]}}`))
}

func beginLegacy(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{legacy(`{"a":1}`)}))
	begin(t, l, store.SyncRecord{})
	before := h.Dump(t)
	_, err := l.Begin(t.Context(), store.Begin{
		Generations: map[airbyte.Descriptor]int64{stream("a"): 1}, Restart: []airbyte.Descriptor{stream("a")},
	})
	var kind *store.KindError
	if !errors.As(err, &kind) || kind.Stored != airbyte.LegacyState {
		t.Errorf("error %v, want a KindError of LEGACY", err)
	}
	if after := h.Dump(t); after != before {
		t.Errorf("a refused Begin changed the store from\n%s\nto\n%s", before, after)
	}
}

func beginUnknown(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	begin(t, l, store.SyncRecord{})
	before := h.Dump(t)
	for _, id := range []int64{2, -1} {
		_, err := l.Begin(t.Context(), store.Begin{
			Sync:        store.SyncRecord{ID: id},
			Generations: map[airbyte.Descriptor]int64{stream("a"): 1},
		})
		if err == nil || errors.Is(err, store.ErrNotFound) != (id > 0) {
			t.Errorf("Begin of sync %d: error %v", id, err)
		}
	}
	if h.Dump(t) != before {
		t.Error("a refused Begin changed the store")
	}
}

// full is a record with everything in it, at times finer than are kept.
func full(at time.Time) store.SyncRecord {
	return store.SyncRecord{
		Status: store.Incomplete, Started: at, Ended: at.Add(time.Second),
		Attempts: []store.Attempt{
			{Number: 1, Epoch: 1, Status: store.Failed, Started: at, Ended: at, Reasons: []string{"a", "ü <b>"}},
			{Number: 2, Epoch: 7, Status: store.Incomplete, Started: at, Ledger: json.RawMessage(`{"rows":9007199254740993}`)},
		},
		Definition: json.RawMessage(`{"name":"<shop>","n":1.0}`),
	}
}

func recordsComeBack(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	at := time.Date(2026, 7, 28, 9, 30, 1, 123456789, time.FixedZone("", 7200))
	given := full(at)
	kept := begin(t, l, given)
	want := full(at.UTC().Truncate(time.Millisecond))
	want.Connection, want.ID = conn, 1
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("kept otherwise:\n%s", diff)
	}
	if diff := cmp.Diff(full(at), given); diff != "" {
		t.Errorf("the caller's record was changed:\n%s", diff)
	}
	for _, status := range []store.Status{store.Running, store.Succeeded, store.Cancelled} {
		want.Status = status
		ok(t, l.SaveSync(t.Context(), want))
		got, err := h.Open(t, 0).Sync(t.Context(), conn, 1)
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func otherConnection(t *testing.T, h Harness) {
	l := acquire(t, h.Open(t, 0), conn, "one")
	r := begin(t, l, store.SyncRecord{})
	r.Connection = "another"
	_, err := l.Begin(t.Context(), store.Begin{Sync: r})
	if err == nil || l.SaveSync(t.Context(), r) == nil {
		t.Error("a record of another connection was kept")
	}
}

func saveUnknown(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	for _, id := range []int64{0, 1} {
		if err := l.SaveSync(t.Context(), store.SyncRecord{ID: id}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("save of sync %d: error %v, want ErrNotFound", id, err)
		}
		if _, err := s.Sync(t.Context(), conn, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("sync %d: error %v, want ErrNotFound", id, err)
		}
	}
}

func ids(t testing.TB, s store.Store, before int64, limit int) string {
	t.Helper()
	list, err := s.Syncs(t.Context(), conn, before, limit)
	ok(t, err)
	got := []int64{}
	for _, r := range list {
		if r.Connection != conn {
			t.Errorf("sync %d is said to be of %q", r.ID, r.Connection)
		}
		got = append(got, r.ID)
	}
	return fmt.Sprint(got)
}

func want(t testing.TB, what, got, wanted string) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: %s, want %s", what, got, wanted)
	}
}

func historyDrops(t *testing.T, h Harness) {
	s := h.Open(t, 3)
	l := acquire(t, s, conn, "one")
	for range 5 {
		begin(t, l, store.SyncRecord{Status: store.Succeeded})
	}
	want(t, "history of 3 after 5 syncs", ids(t, s, 0, 10), "[5 4 3]")
	byDefault := h.Open(t, 0)
	l = acquire(t, byDefault, "another", "one")
	for range 103 {
		begin(t, l, store.SyncRecord{Status: store.Failed})
	}
	list, err := byDefault.Syncs(t.Context(), "another", 0, 1000)
	ok(t, err)
	if len(list) != 100 || list[99].ID != 4 {
		t.Errorf("%d records are kept by default, want 100, from the fourth on", len(list))
	}
}

func historyRunning(t *testing.T, h Harness) {
	s := h.Open(t, 2)
	l := acquire(t, s, conn, "one")
	begin(t, l, store.SyncRecord{Status: store.Running})
	for range 4 {
		begin(t, l, store.SyncRecord{Status: store.Succeeded})
	}
	want(t, "history of 2 with sync 1 running", ids(t, s, 0, 10), "[5 4 1]")
}

func historyLate(t *testing.T, h Harness) {
	s := h.Open(t, 2)
	l := acquire(t, s, conn, "one")
	for range 4 {
		begin(t, l, store.SyncRecord{Status: store.Running})
	}
	want(t, "history of 2 with 4 running", ids(t, s, 0, 10), "[4 3 2 1]")
	ok(t, l.SaveSync(t.Context(), store.SyncRecord{ID: 1, Status: store.Failed}))
	ok(t, l.SaveSync(t.Context(), store.SyncRecord{ID: 4, Status: store.Succeeded}))
	want(t, "history after 1 and 4 ended", ids(t, s, 0, 10), "[4 3 2]")
	begin(t, l, store.SyncRecord{Status: store.Running})
	want(t, "history after 5 began", ids(t, s, 0, 10), "[5 4 3 2]")
}

func syncsPaged(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	want(t, "syncs of an unknown connection", ids(t, s, 0, 10), "[]")
	l := acquire(t, s, conn, "one")
	for range 12 {
		begin(t, l, store.SyncRecord{})
	}
	want(t, "newest", ids(t, s, 0, 4), "[12 11 10 9]")
	want(t, "below 9", ids(t, s, 9, 4), "[8 7 6 5]")
	want(t, "below 3", ids(t, s, 3, 4), "[2 1]")
	want(t, "below 1", ids(t, s, 1, 4), "[]")
	want(t, "none", ids(t, s, 0, 0), "[]")
	want(t, "less than none", ids(t, s, 0, -1), "[]")
}

func generationsZero(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	g, err := s.Generations(t.Context(), conn)
	ok(t, err)
	if len(g) != 0 || g[stream("users")] != 0 {
		t.Errorf("generations %v of a new connection", g)
	}
	l := acquire(t, s, conn, "one")
	for n := int64(1); n <= 2; n++ {
		_, err := l.Begin(t.Context(), store.Begin{Generations: map[airbyte.Descriptor]int64{stream("users"): n, stream(fmt.Sprint(n)): 1 << 60}})
		ok(t, err)
	}
	g, err = s.Generations(t.Context(), conn)
	ok(t, err)
	if diff := cmp.Diff(map[airbyte.Descriptor]int64{stream("users"): 2, stream("1"): 1 << 60, stream("2"): 1 << 60}, g); diff != "" {
		t.Error(diff)
	}
}
