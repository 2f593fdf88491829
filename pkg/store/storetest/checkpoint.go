package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

var checkpointTests = map[string]func(*testing.T, Harness){
	"IsEmptyAtFirst":                    func(t *testing.T, h Harness) { wantCheckpoint(t, h.Open(t, 0), conn) },
	"KeepsOnePositionAStreamSorted":     onePerStream,
	"KeepsTheBytes":                     keepsBytes,
	"OfAnotherKindReplacesAll":          otherKindReplaces,
	"OfMixedKindsIsRefused":             mixedKinds,
	"OfWrongPositionsIsRefused":         wrongPositions,
	"ClearForgetsNamedStreams":          clearStreams,
	"ClearCutsAStreamOutOfGlobal":       clearGlobal,
	"ClearOfOneStreamOfLegacyIsRefused": clearLegacy,
	"HoldsFiveMegabytes":                fiveMegabytes,
	"HoldsTwoThousandStreams":           twoThousand,
	"HoldsAnyName":                      anyName,
	"IsReadWholeWhileItIsWritten":       readWhole,
}

func onePerStream(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	users := position("users", `{"cursor":1}`)
	users.Stream.Namespace = "public"
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{users, position("zebra", `1`), position("orders", `2`)}))
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("orders", `3`), position("orders", `4`)}))
	ok(t, l.SaveCheckpoint(t.Context(), nil))
	wantCheckpoint(t, h.Open(t, 0), conn, position("orders", `4`), position("zebra", `1`), users)
}

// keepsBytes has what JSON decoders damage: spaces, key order, duplicate keys,
// long numbers, escapes.
func keepsBytes(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	for _, state := range []string{
		`{ "b" : 1.0,"a":9007199254740993, "a": 123456789012345678901234567890 }`,
		`"\u00e4ä<>&\/\u0000"`, `null`, `{}`, `[1e400]`,
	} {
		for _, p := range []store.Position{position("users", state), global(state), legacy(state)} {
			ok(t, l.SaveCheckpoint(t.Context(), []store.Position{p}))
			wantCheckpoint(t, s, conn, p)
		}
	}
}

func otherKindReplaces(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	kinds := []store.Position{position("users", `1`), global(`2`), legacy(`3`)}
	for _, from := range kinds {
		for _, to := range kinds {
			ok(t, l.SaveCheckpoint(t.Context(), []store.Position{from}))
			ok(t, l.SaveCheckpoint(t.Context(), []store.Position{to}))
			wantCheckpoint(t, s, conn, to)
		}
	}
}

func mixedKinds(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("users", `1`)}))
	err := l.SaveCheckpoint(t.Context(), []store.Position{position("users", `2`), global(`3`)})
	var mixed *store.MixedKindsError
	if !errors.As(err, &mixed) || mixed.First != airbyte.StreamState || mixed.Other != airbyte.GlobalState {
		t.Errorf("error %v, want a MixedKindsError of STREAM and GLOBAL", err)
	}
	wantCheckpoint(t, s, conn, position("users", `1`))
}

func wrongPositions(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	inGlobal := global(`{}`)
	inGlobal.Stream = stream("users")
	before := h.Dump(t)
	for _, p := range []store.Position{
		position("", `1`), position("users", ``), position("users", `{"secret":`), inGlobal,
		{Kind: "OTHER", Stream: stream("users"), State: json.RawMessage(`1`)},
	} {
		err := l.SaveCheckpoint(t.Context(), []store.Position{position("orders", `1`), p})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("position %+v: error %v, want one without the state's text", p, err)
		}
	}
	if h.Dump(t) != before {
		t.Error("a refused position changed the store")
	}
}

func clearStreams(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("a", `1`), position("b", `2`), position("c", `3`)}))
	ok(t, l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("a"), stream("unknown"), stream("c")}))
	wantCheckpoint(t, s, conn, position("b", `2`))
	ok(t, l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{}))
	wantCheckpoint(t, s, conn, position("b", `2`))
	ok(t, l.ClearCheckpoint(t.Context(), nil))
	wantCheckpoint(t, s, conn)
}

func clearGlobal(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	const before = `{ "type":"GLOBAL", "global": {"shared_state": {"lsn": 9007199254740993}, "stream_states": [` +
		` {"stream_descriptor":{"name":"a","namespace":null},"stream_state":{"x":1.0}},` +
		` {"stream_descriptor":{"name":"b"},"stream_state":{ "y":2 }} ]}, "extra":1}`
	const after = `{ "type":"GLOBAL", "global": {"shared_state": {"lsn": 9007199254740993}, "stream_states": [` +
		`{"stream_descriptor":{"name":"b"},"stream_state":{ "y":2 }}]}, "extra":1}`
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{global(before)}))
	ok(t, l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("unknown")}))
	wantCheckpoint(t, s, conn, global(before))
	ok(t, l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("a")}))
	wantCheckpoint(t, s, conn, global(after))
	ok(t, l.ClearCheckpoint(t.Context(), nil))
	wantCheckpoint(t, s, conn)
}

func clearLegacy(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{legacy(`{"a":1}`)}))
	var kind *store.KindError
	err := l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("a")})
	if !errors.As(err, &kind) || kind.Stored != airbyte.LegacyState {
		t.Errorf("error %v, want a KindError of LEGACY", err)
	}
	wantCheckpoint(t, s, conn, legacy(`{"a":1}`))
	ok(t, l.ClearCheckpoint(t.Context(), nil))
	wantCheckpoint(t, s, conn)
}

func fiveMegabytes(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	big := `"` + strings.Repeat("x", 5<<20) + `"`
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{position("a", big), position("b", big)}))
	wantCheckpoint(t, s, conn, position("a", big), position("b", big))
	state := `{"global":{"stream_states":[{"stream_descriptor":{"name":"a"}},{"stream_descriptor":{"name":"b"},"s":` + big + `}]}}`
	ok(t, l.SaveCheckpoint(t.Context(), []store.Position{global(state)}))
	ok(t, l.ClearCheckpoint(t.Context(), []airbyte.Descriptor{stream("a")}))
	wantCheckpoint(t, s, conn, global(strings.Replace(state, `{"stream_descriptor":{"name":"a"}},`, "", 1)))
}

func twoThousand(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	var all []store.Position
	begin := store.Begin{Sync: store.SyncRecord{Status: store.Running}, Generations: map[airbyte.Descriptor]int64{}}
	for i := range 2000 {
		p := position(fmt.Sprintf("s%04d", i), fmt.Sprintf(`{"at":%d}`, i))
		all = append(all, p)
		begin.Generations[p.Stream] = int64(i)
		if i%2 == 0 {
			begin.Restart = append(begin.Restart, p.Stream)
		}
	}
	ok(t, l.SaveCheckpoint(t.Context(), all))
	wantCheckpoint(t, s, conn, all...)
	_, err := l.Begin(t.Context(), begin)
	ok(t, err)
	c, err := s.Checkpoint(t.Context(), conn)
	ok(t, err)
	g, err := s.Generations(t.Context(), conn)
	ok(t, err)
	if len(c.Positions) != 1000 || len(g) != 2000 || g[stream("s1999")] != 1999 {
		t.Errorf("after Begin %d positions and %d generations, want 1000 and 2000", len(c.Positions), len(g))
	}
}

// strangeNames would meet each other, or break a key, a query or a hash tag, if
// they were not kept apart with care.
var strangeNames = []string{
	"a b", "a", "A", "ä", "a\u0308", "日本語 🚀", "{a}", "}{", "{", "}", "{}", "%7Ba%7D", "a:b", "a}:b",
	`"quoted"`, `'; DROP TABLE syncs; --`, "*", "?", "[a]", `\`, "a\nb", "a\x00b", "<&>", strings.Repeat("long", 200),
}

func anyName(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	l := acquire(t, s, conn, "one")
	var all []store.Position
	generations := map[airbyte.Descriptor]int64{}
	for i, a := range strangeNames {
		for j, b := range strangeNames {
			p := position(b, fmt.Sprintf("[%d,%d]", i, j))
			p.Stream.Namespace = a
			all = append(all, p)
			generations[p.Stream] = int64(i*1000 + j)
		}
	}
	ok(t, l.SaveCheckpoint(t.Context(), all))
	_, err := l.Begin(t.Context(), store.Begin{Generations: generations})
	ok(t, err)
	c, err := s.Checkpoint(t.Context(), conn)
	ok(t, err)
	got := map[airbyte.Descriptor]string{}
	for _, p := range c.Positions {
		got[p.Stream] = string(p.State)
	}
	kept, err := s.Generations(t.Context(), conn)
	ok(t, err)
	for _, p := range all {
		if got[p.Stream] != string(p.State) || kept[p.Stream] != generations[p.Stream] {
			t.Errorf("stream %q has state %q and generation %d, want %s and %d",
				p.Stream, got[p.Stream], kept[p.Stream], p.State, generations[p.Stream])
		}
	}
}

// readWhole has readers look while batches are written: each must see one batch,
// never parts of two.
func readWhole(t *testing.T, h Harness) {
	writer, reader := h.Open(t, 0), h.Open(t, 0)
	l := acquire(t, writer, conn, "one")
	batch := func(n int) (ps []store.Position) {
		for i := range 10 {
			ps = append(ps, position(fmt.Sprint(i), fmt.Sprint(n)))
		}
		return ps
	}
	ok(t, l.SaveCheckpoint(t.Context(), batch(0)))
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for looking := true; looking; {
				select {
				case <-done:
					looking = false // look once more, at the end
				default:
				}
				c, err := reader.Checkpoint(t.Context(), conn)
				if err != nil {
					t.Error(err)
					return
				}
				for _, p := range c.Positions {
					if string(p.State) != string(c.Positions[0].State) || len(c.Positions) != 10 {
						t.Errorf("a reader saw half a batch:\n%s", show(c.Positions))
						return
					}
				}
			}
		})
	}
	for n := range 50 {
		if err := l.SaveCheckpoint(t.Context(), batch(n)); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}
