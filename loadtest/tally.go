package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/loadtest/site"
)

// tally counts what became of runs that were each asked for many times.
type tally struct {
	runs map[string]*runTally // by key
	// answered is when the answer to each request came first, by its number.
	answered map[int]time.Time
	storm    uint64 // in the traces of this storm's events
}

// runTally is about one run.
type runTally struct {
	subject  string
	starts   int
	answers  int
	outcomes map[events.Outcome]int
	// syncs are the ids of the syncs it became, and spans the times at which they
	// began and ended: of the one sync that it should have become, one of each.
	syncs map[int64]bool
	spans map[string]bool
	most  int // attempts
}

func newTally(storm uint64, requests []*events.SyncRequest) *tally {
	t := &tally{runs: map[string]*runTally{}, answered: map[int]time.Time{}, storm: storm}
	for _, r := range requests {
		t.runs[r.Key()] = &runTally{subject: r.Subject(), outcomes: map[events.Outcome]int{}, syncs: map[int64]bool{}, spans: map[string]bool{}}
	}
	return t
}

// trace is the traceparent of the n-th event of a storm, which its answer carries
// on.
func (t *tally) trace(n int) string {
	return fmt.Sprintf("00-%016x%016x-%016x-00", t.storm, uint64(n)+1, uint64(n)+1)
}

// number is that of the event that an answer belongs to.
func (t *tally) number(e event.Event) (int, bool) {
	parts := strings.Split(events.TraceCarrier{Event: &e}.Get("traceparent"), "-")
	if len(parts) != 4 || len(parts[1]) != 32 {
		return 0, false
	}
	id, err := hex.DecodeString(parts[1])
	if err != nil || binary.BigEndian.Uint64(id) != t.storm {
		return 0, false
	}
	return int(binary.BigEndian.Uint64(id[8:])) - 1, true
}

// hear counts an event.
func (t *tally) hear(h site.Heard) error {
	p, err := events.Decode(h.Event)
	if err != nil {
		return err
	}
	switch p := p.(type) {
	case *events.SyncStart:
		if r, ours := t.runs[p.Key()]; ours {
			r.starts++
		}
	case *events.SyncResult:
		r, ours := t.runs[p.Key()]
		if !ours {
			return nil
		}
		r.answers++
		r.outcomes[p.Outcome]++
		r.syncs[p.Sync] = true
		r.spans[fmt.Sprint(p.Started.UnixMilli(), p.Ended.UnixMilli())] = true // as exact as records are
		r.most = max(r.most, p.Attempts)
		if n, ok := t.number(h.Event); ok {
			if _, again := t.answered[n]; !again {
				t.answered[n] = h.At
			}
		}
	}
	return nil
}

// problems says what is not as it should be: each run one sync, that succeeded in
// one attempt; each connection as many syncs as runs, and none beside; every
// event answered.
func (t *tally) problems(sent int) []string {
	var wrong []string
	bySubject := map[string]map[int64]bool{}
	runs := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(t.runs)) {
		r := t.runs[key]
		if len(r.syncs) != 1 || len(r.spans) != 1 || r.starts != 1 || r.most != 1 || r.outcomes[events.Succeeded] != r.answers {
			wrong = append(wrong, fmt.Sprintf("%s became %d syncs with %d ends, was started %d times, had %d attempts and ended %v",
				key, len(r.syncs), len(r.spans), r.starts, r.most, r.outcomes))
		}
		if bySubject[r.subject] == nil {
			bySubject[r.subject] = map[int64]bool{}
		}
		maps.Copy(bySubject[r.subject], r.syncs)
		runs[r.subject]++
	}
	for _, subject := range slices.Sorted(maps.Keys(runs)) {
		ids := slices.Sorted(maps.Keys(bySubject[subject]))
		if n := len(ids); n != runs[subject] || n > 0 && ids[n-1] != int64(n) {
			wrong = append(wrong, fmt.Sprintf("%s was to have %d syncs, and has those of the numbers %v", subject, runs[subject], ids))
		}
	}
	if missing := sent - len(t.answered); missing != 0 {
		wrong = append(wrong, fmt.Sprintf("%d of %d events were not answered", missing, sent))
	}
	return wrong
}

// answers is how many results came in all.
func (t *tally) answers() int {
	n := 0
	for _, r := range t.runs {
		n += r.answers
	}
	return n
}
