package replication

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/airbyte"
)

// A snapshot is all that the relay's output and verdict depend on, but for what
// its successor hears again: how the connectors ended. It is a line of JSON with
// what is small, and packed behind it the states under way, with their own bytes.
// The same relay always has the same snapshot.

// remembered is the line of a snapshot.
type remembered struct {
	// Config is a digest of what the output depends on and a successor must
	// have been given the same.
	Config  string `json:"config"`
	Emitted int64  `json:"emitted"` // Config.Emitted in milliseconds since 1970
	// Finished tells that the destination was given the end of its input.
	Finished bool `json:"finished"`
	// Cause is why the attempt is to end before its time.
	Cause causeKind `json:"cause"`
	Why   string    `json:"why"`

	Streams     []StreamLedger    `json:"streams"`
	Whole       Counts            `json:"whole"`
	Source      SideLedger        `json:"source"`
	Destination SideLedger        `json:"destination"`
	Said        bool              `json:"said"`
	Kind        airbyte.StateKind `json:"kind"`
	Refused     string            `json:"refused"`
	Complained  string            `json:"complained"`
	Unassigned  int64             `json:"unassigned"`

	// Since are the records since the last state of each stream, SinceWhole
	// those since the last state of all, Stray those of unknown streams since.
	Since      []int64 `json:"since"`
	SinceWhole int64   `json:"sinceWhole"`
	Stray      int64   `json:"stray"`
}

// digest is that of all in the configuration that forms the output.
func (c *Config) digest() string {
	text, err := json.Marshal(struct {
		Streams          []Stream
		Refreshes, Order bool
		MaxLine          int
	}{c.Streams, c.SupportsRefreshes, c.AcknowledgesInOrder, c.Limits.MaxLine})
	if err != nil {
		panic(err) // names, flags and numbers always have a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// remember appends the relay's snapshot to dst. The forwarder must be between
// two blocks and the listener between two lines.
func (r *Relay) remember(dst []byte, unsaved []step) []byte {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	r.forwarder.publishLocked()
	r.listener.publishLocked()
	p := &packer{append(appendLine(dst, r.remembered()), '\n')}
	r.book.packPending(p)
	r.book.packSteps(p, unsaved)
	return p.b
}

func appendLine(dst []byte, m *remembered) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain strings and numbers always have a JSON form
	}
	return append(dst, text...)
}

func (r *Relay) remembered() *remembered {
	b, f, why := r.book, r.forwarder, r.why()
	m := &remembered{
		Config: r.cfg.digest(), Emitted: r.cfg.Emitted.UnixMilli(), Finished: r.finished, Cause: why.kind, Why: why.text,
		Whole: b.whole, Source: b.source, Destination: b.destination,
		Said: b.said, Kind: b.kind, Refused: b.refused, Complained: b.complained, Unassigned: b.unassigned,
		SinceWhole: f.since, Stray: f.stray,
	}
	for _, s := range b.streams {
		m.Streams = append(m.Streams, s.ledger)
		m.Since = append(m.Since, s.relay.sinceState)
	}
	return m
}

// recall makes a new relay one that has seen all that the snapshot's had, and
// gives what was not yet a checkpoint.
func (r *Relay) recall(snapshot []byte) (unsaved []step, err error) {
	line, packed, found := bytes.Cut(snapshot, []byte{'\n'})
	var m remembered
	if err := json.Unmarshal(line, &m); err != nil || !found {
		return nil, errors.Join(errPacked, err)
	}
	if m.Config != r.cfg.digest() || len(m.Streams) != len(r.book.streams) || len(m.Since) != len(m.Streams) {
		return nil, fmt.Errorf("it is of a sync with other streams or limits: a sync goes on as it began")
	}
	r.recallLine(&m)
	u := &unpacker{b: packed}
	r.book.unpackPending(u)
	unsaved = r.book.unpackSteps(u)
	if u.err == nil && len(u.b) > 0 {
		u.fail()
	}
	return unsaved, u.err
}

func (r *Relay) recallLine(m *remembered) {
	b, f, l := r.book, r.forwarder, r.listener
	r.cfg.Emitted, r.finished = time.UnixMilli(m.Emitted), m.Finished
	if m.Cause != noCause {
		r.halt(cause{m.Cause, m.Why})
	}
	b.whole, b.source, b.destination = m.Whole, m.Source, m.Destination
	b.said, b.kind, b.refused, b.complained, b.unassigned = m.Said, m.Kind, m.Refused, m.Complained, m.Unassigned
	f.lines, f.bytes, f.logs = m.Source.Lines, m.Source.Bytes, m.Source.LogLines
	f.since, f.stray = m.SinceWhole, m.Stray
	l.lines, l.bytes, l.logs = m.Destination.Lines, m.Destination.Bytes, m.Destination.LogLines
	for i, s := range b.streams {
		s.ledger = m.Streams[i]
		s.relay.records, s.relay.bytes, s.relay.sinceState = s.ledger.Relayed, s.ledger.Bytes, m.Since[i]
	}
}
