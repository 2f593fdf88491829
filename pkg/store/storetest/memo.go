package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

var memoTests = group{
	"IsKeptForItsTime":          memoForItsTime,
	"TheLastWriterWins":         lastMemo,
	"OfWrongArgumentsIsRefused": wrongMemo,
	"IsSwappedForWhatIsKnown":   swappedMemo,
	"IsSwappedByOneOfMany":      racedMemo,
}

func wantMemo(t testing.TB, s store.Store, name, want string) {
	t.Helper()
	value, is, err := s.Memo(t.Context(), name)
	ok(t, err)
	if is != (want != "") || string(value) != want {
		t.Errorf("the memo %s is %q (%v), want %q", name, value, is, want)
	}
}

func memoForItsTime(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	wantMemo(t, s, "spec/{a}", "")
	ok(t, s.SaveMemo(t.Context(), "spec/{a}", json.RawMessage(`{ "n":1.0 }`), 300*time.Millisecond))
	ok(t, s.SaveMemo(t.Context(), "spec/b", json.RawMessage(`2`), hour))
	wantMemo(t, h.Open(t, 0), "spec/{a}", `{ "n":1.0 }`)
	h.Pass(400 * time.Millisecond)
	wantMemo(t, s, "spec/{a}", "")
	wantMemo(t, s, "spec/b", "2")
	if names, err := s.Connections(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("memos made the connections %q (error %v)", names, err)
	}
}

func lastMemo(t *testing.T, h Harness) {
	a, b := h.Open(t, 0), h.Open(t, 0)
	ok(t, a.SaveMemo(t.Context(), "m", json.RawMessage(`1`), time.Millisecond))
	ok(t, b.SaveMemo(t.Context(), "m", json.RawMessage(`2`), hour))
	h.Pass(5 * time.Millisecond)
	wantMemo(t, a, "m", "2")
}

func wrongMemo(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	for name, err := range map[string]error{
		"without a name": s.SaveMemo(t.Context(), "", json.RawMessage(`1`), hour),
		"half a value":   s.SaveMemo(t.Context(), "m", json.RawMessage(`{`), hour),
		"for no time":    s.SaveMemo(t.Context(), "m", json.RawMessage(`1`), 0),
	} {
		if err == nil {
			t.Errorf("a memo %s was kept", name)
		}
	}
	wantMemo(t, s, "m", "")
}

// swap wants a swap to succeed, or to tell what is kept instead.
func swap(t testing.TB, s store.Store, was, value string, keep time.Duration, instead string, done bool) {
	t.Helper()
	raw := func(text string) json.RawMessage {
		if text == "" {
			return nil
		}
		return json.RawMessage(text)
	}
	now, is, err := s.SwapMemo(t.Context(), "m", raw(was), raw(value), keep)
	if err != nil || is != done || string(now) != instead || (now == nil) != (instead == "") {
		t.Errorf("%q for %q: %q %v (error %v), want %q %v", value, was, now, is, err, instead, done)
	}
}

func swappedMemo(t *testing.T, h Harness) {
	a, b := h.Open(t, 0), h.Open(t, 0)
	swap(t, a, `1`, `2`, hour, "", false) // there is nothing
	swap(t, a, "", `{ "n":1.0 }`, hour, `{ "n":1.0 }`, true)
	swap(t, b, "", `3`, hour, `{ "n":1.0 }`, false)
	swap(t, b, `{"n":1.0}`, `3`, hour, `{ "n":1.0 }`, false)
	swap(t, b, "", `{ "n":1.0 }`, hour, `{ "n":1.0 }`, true) // once more: the answer may have been lost
	swap(t, b, `{ "n":1.0 }`, `4`, hour, `4`, true)
	wantMemo(t, a, "m", "4")
	swap(t, a, `3`, "", 0, `4`, false)
	swap(t, a, `4`, "", 0, "", true)
	wantMemo(t, b, "m", "")
	swap(t, a, `4`, "", 0, "", true)
	swap(t, a, "", `5`, 100*time.Millisecond, `5`, true)
	h.Pass(200 * time.Millisecond)
	swap(t, b, `5`, `6`, hour, "", false)
	swap(t, b, "", `6`, hour, `6`, true)
	for name, err := range map[string]error{
		"half a value": failure(a.SwapMemo(t.Context(), "m", nil, json.RawMessage(`{`), hour)),
		"no time":      failure(a.SwapMemo(t.Context(), "m", nil, json.RawMessage(`1`), 0)),
		"no name":      failure(a.SwapMemo(t.Context(), "", nil, nil, hour)),
	} {
		if err == nil {
			t.Errorf("a swap with %s was done", name)
		}
	}
}

func failure(_ json.RawMessage, _ bool, err error) error { return err }

func racedMemo(t *testing.T, h Harness) {
	const many = 8
	stores := []store.Store{h.Open(t, 0), h.Open(t, 0)}
	for range 10 {
		won := make(chan int, many)
		for i := range many {
			go func() {
				_, is, err := stores[i%2].SwapMemo(t.Context(), "m", nil, json.RawMessage(fmt.Sprint(i)), hour)
				if err != nil {
					t.Error(err)
				}
				if !is {
					i = -1
				}
				won <- i
			}()
		}
		winner := -1
		for range many {
			if i := <-won; i >= 0 && winner >= 0 {
				t.Fatalf("both %d and %d have swapped nothing for something", i, winner)
			} else if i >= 0 {
				winner = i
			}
		}
		swap(t, stores[0], fmt.Sprint(winner), "", 0, "", true)
	}
}
