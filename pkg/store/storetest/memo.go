package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"knelt.dev/pkg/store"
)

var memoTests = group{
	"IsKeptForItsTime":          memoForItsTime,
	"TheLastWriterWins":         lastMemo,
	"OfWrongArgumentsIsRefused": wrongMemo,
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
