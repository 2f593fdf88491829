package replication

import (
	"slices"
	"sync"

	"knelt.dev/pkg/airbyte"
)

// stream is what the relay knows of one stream.
type stream struct {
	Stream
	mapped   bool // As or Fields differ from what the source says
	rename   bool
	asName   []byte // As.Name and As.Namespace as JSON, quotes included
	asNS     []byte
	nsMember []byte // the namespace as a member, with a comma behind it
	fields   fieldSet

	// relay is owned by the goroutine that forwards: no lock per record.
	relay struct {
		records, bytes int64
		sinceState     int64 // records since the stream's last state
		dirty          bool  // not yet in the ledger
	}
	// ledger is guarded by the book.
	ledger StreamLedger
}

func newStream(s Stream) *stream {
	t := &stream{Stream: s, asName: quote(s.As.Name), asNS: namespaceValue(s.As.Namespace)}
	t.nsMember = slices.Concat([]byte(`"namespace":`), t.asNS, []byte{','})
	t.rename = s.As != s.Descriptor
	t.fields = newFieldSet(s.Fields)
	t.mapped = t.rename || t.fields != nil
	t.ledger.Stream = s.Descriptor
	return t
}

// book is what both directions of the relay write into: the ledger and the
// states under way. Its lock is taken once a block and once a state, never for
// a record.
type book struct {
	mu          sync.Mutex
	streams     []*stream
	bySource    *streamIndex
	byDest      *streamIndex
	pending     *pendings
	whole       Counts // of GLOBAL and LEGACY states
	source      SideLedger
	destination SideLedger
	// said tells that the source sent any stream status at all.
	said bool
	// kind of the sync's states, once one was seen.
	kind airbyte.StateKind
	// refused is what a connector said about the connection as a whole
	// (CONNECTION_STATUS FAILED in the middle of a read).
	refused string
	// complained is the first error in the source's log.
	complained string
	// unassigned counts broken messages whose stream cannot be told.
	unassigned int64
}

func newBook(c Config) *book {
	b := &book{pending: newPendings(c.Limits.PendingStates, c.Limits.PendingBytes)}
	for _, s := range c.Streams {
		b.streams = append(b.streams, newStream(s))
	}
	b.bySource = newStreamIndex(b.streams, func(s *stream) airbyte.Descriptor { return s.Descriptor })
	b.byDest = newStreamIndex(b.streams, func(s *stream) airbyte.Descriptor { return s.As })
	return b
}

// add puts n onto a count that is nil as long as nobody has said anything.
func add(sum **int64, n *int64) {
	if n == nil {
		return
	}
	if *sum == nil {
		*sum = new(int64)
	}
	**sum += *n
}

// counts gives the account a state belongs to.
func (b *book) counts(s *stream) *Counts {
	if s == nil {
		return &b.whole
	}
	return &s.ledger.Counts
}

// unconfigured counts something of a stream nobody selected, and tells whether
// it is the first.
func (l *SideLedger) unconfigured(d airbyte.Descriptor) (first bool) {
	if l.Unconfigured == nil {
		l.Unconfigured = map[string]int64{}
	}
	name := d.String()
	if len(l.Unconfigured) >= maxUnconfigured && l.Unconfigured[name] == 0 {
		name = "(others)"
	}
	l.Unconfigured[name]++
	return l.Unconfigured[name] == 1
}

// maxUnconfigured bounds how many names of unknown streams are kept.
const maxUnconfigured = 100
