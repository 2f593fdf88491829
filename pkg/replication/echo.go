package replication

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

// echo is a state as a destination returned it. What it returns is damaged more
// often than not; nothing of it is kept but which state is meant, and counts.
type echo struct {
	id         *int64
	kind       airbyte.StateKind // "" if the echo does not say
	descriptor airbyte.Descriptor
	said       *int64
	rejected   *int64
	body       []byte
}

// readEcho takes what it can from the "state" object of a returned line.
func readEcho(line []byte, body airbyte.Span) echo {
	st, _ := readState(line, body) // a damaged state is still an echo
	e := echo{descriptor: st.descriptor, body: body.Of(line)}
	if st.kindIsSaid {
		e.kind = st.kind
	}
	if !st.id.Empty() {
		e.id = wholeNumber(st.id.Of(line))
	}
	for key, value := range airbyte.Members(line, body) {
		if airbyte.KeyIs(key.Of(line), "destinationStats") {
			e.readStats(value.Of(line))
		}
	}
	return e
}

func (e *echo) readStats(text []byte) {
	var stats struct {
		RecordCount         *json.Number `json:"recordCount"`
		RejectedRecordCount *json.Number `json:"rejectedRecordCount"`
	}
	if json.Unmarshal(text, &stats) != nil {
		return // stats that are no stats say nothing
	}
	if stats.RecordCount != nil {
		e.said = wholeNumber([]byte(*stats.RecordCount))
	}
	if stats.RejectedRecordCount != nil {
		e.rejected = wholeNumber([]byte(*stats.RejectedRecordCount))
	}
}

// meaning says what an echo was taken for.
type meaning uint8

const (
	// unknownState was never sent.
	unknownState meaning = iota
	// repeatedState came back before.
	repeatedState
	// lateState comes after a later one that has acknowledged it: only its
	// counts are news.
	lateState
	// partOfMerged was sent, and merged with later ones that have not come back.
	partOfMerged
	// acknowledged is a state under way.
	acknowledged
)

// lastEcho is what the last echo of a stream said.
type lastEcho struct {
	sum     digest
	counted bool // it came with the destination's count
	byID    bool // it named its state by id, so that it means no other
}

// again is the echo taken to mean a later state: its count is booked already,
// and covers what leads up to that state.
func (l lastEcho) again() echo {
	if !l.counted {
		return echo{}
	}
	return echo{said: new(int64)}
}
