package replication

import "testing"

// TestThePastForgetsTheOldestAndTellsWhatMayStillCome.
func TestThePastForgetsTheOldestAndTellsWhatMayStillCome(t *testing.T) {
	forgotten := 0
	p := newPastStates(3, func(*stream) { forgotten++ })
	a, b := pastState{sum: 1}, pastState{sum: 2}
	p.add(a, true)
	p.add(a, true)
	p.add(b, false)
	for i, want := range []meaning{lateState, lateState, repeatedState} {
		if got := p.find(a); got != want {
			t.Errorf("echo %d of a means %d, want %d", i, got, want)
		}
	}
	if got := p.find(b); got != repeatedState {
		t.Errorf("an echo of b means %d", got)
	}
	p.add(b, true)
	p.add(b, true)
	if got := p.find(a); got != unknownState || forgotten != 0 {
		t.Errorf("an echo of a means %d, %d forgotten", got, forgotten)
	}
	for range 3 {
		p.add(a, false)
	}
	if got := p.find(b); got != unknownState || forgotten != 2 {
		t.Errorf("an echo of b means %d, %d forgotten that may still come", got, forgotten)
	}
}

func TestAnIDSetHoldsWhatWasAdded(t *testing.T) {
	var s idSet
	ids := []int64{1, 63, 64, 65, 1000}
	for _, id := range ids {
		s.add(id)
	}
	for _, id := range ids {
		if !s.has(id) || s.has(id+2) && id != 63 {
			t.Errorf("id %d", id)
		}
	}
}

// TestHopelessComparisonsAreBounded: a destination that returns nothing but
// nonsense cannot make the relay decode all its states for each line.
func TestHopelessComparisonsAreBounded(t *testing.T) {
	p := newPendings(1000, 1<<20)
	for range 500 {
		p.add(&pendingState{kind: "LEGACY", body: []byte(`{"data":{"a":1}}`)})
	}
	p.efforts = 600
	nonsense := map[string]any{"b": 1.0}
	p.similar(nonsense, nil)
	p.similar(nonsense, nil)
	if p.efforts >= 0 {
		t.Fatalf("%d efforts left", p.efforts)
	}
	some := map[string]any{"a": 1.0}
	if s := p.similar(some, nil); s == nil || s.id != 1 {
		t.Error("the oldest is not compared any more")
	}
	last := p.byKey[nil][499]
	last.body = []byte(`{"data":{"z":1}}`)
	if s := p.similar(map[string]any{"z": 1.0}, nil); s != last {
		t.Error("the newest is not compared any more")
	}
	p.byKey[nil][250].body = []byte(`{"data":{"y":1}}`)
	if s := p.similar(map[string]any{"y": 1.0}, nil); s != nil {
		t.Error("one in the middle is still compared")
	}
}
