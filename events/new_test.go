package events

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// TestTellingTheSameTwiceGivesTheSameID makes each event twice, at different
// times and in another zone.
func TestTellingTheSameTwiceGivesTheSameID(t *testing.T) {
	first, second := samples(t), samples(t)
	for name, p := range second {
		if r, ok := p.(*SyncRequest); ok {
			r.Due = r.Due.In(time.FixedZone("east", 7200)).Add(300 * time.Microsecond)
		}
		a, err := New(Origin{Source: FromSync}, first[name])
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(Origin{Source: FromSync, Time: ended}, p)
		if err != nil {
			t.Fatal(err)
		}
		if a.ID() != b.ID() {
			t.Errorf("%s: %s and %s", name, a.ID(), b.ID())
		}
	}
}

func TestWhatDiffersHasAnotherID(t *testing.T) {
	vary := []func(*Run){
		func(*Run) {},
		func(r *Run) { r.Due = r.Due.Add(time.Millisecond) },
		func(r *Run) { r.Attempt = 2 },
		func(r *Run) { r.Kind = Reset },
		func(r *Run) { r.Connection.Namespace = "" },
		func(r *Run) { r.Connection.Name = "other" },
	}
	seen := map[string]string{}
	for i, change := range vary {
		r := run()
		change(&r)
		for _, p := range []Payload{
			&SyncRequest{Run: r}, &SyncStart{Run: r},
			&SyncContinuation{Request: SyncRequest{Run: r}, Continuation: 1, Epoch: 2},
			&SyncContinuation{Request: SyncRequest{Run: r}, Continuation: 1, Epoch: 3},
			&SyncResult{Run: r, Outcome: Succeeded}, &SyncResult{Run: r, Outcome: Incomplete},
			&SyncResult{Run: r, Outcome: Failed}, &SyncResult{Run: r, Outcome: Cancelled}, &SchemaChange{Run: r},
		} {
			what := fmt.Sprintf("%d %s %+v", i, p.EventType(), p)
			if other, twice := seen[p.EventID()]; twice {
				t.Errorf("%s is the id of %s and of %s", p.EventID(), other, what)
			}
			seen[p.EventID()] = what
		}
	}
}

func TestAnEventGoesOnWithTheTraceOfItsCause(t *testing.T) {
	e := made(t, &SyncStart{Run: run(), Sync: 1, Epoch: 1, Started: started})
	c := TraceCarrier{&e}
	if c.Get("traceparent") != parent || c.Get("tracestate") != state {
		t.Errorf("trace %q %q", c.Get("traceparent"), c.Get("tracestate"))
	}
	if got := c.Keys(); !slices.Equal(got, []string{"traceparent", "tracestate"}) {
		t.Errorf("keys %v", got)
	}
	c.Set("baggage", "a=b")
	if _, has := e.Extensions()["baggage"]; has {
		t.Error("the carrier wrote another attribute than those of the trace")
	}
	e, err := New(Origin{Source: FromSync}, &SyncStart{Run: run(), Sync: 1, Epoch: 1, Started: started})
	if err != nil {
		t.Fatal(err)
	}
	if keys := (TraceCarrier{&e}).Keys(); keys != nil {
		t.Errorf("an event without a cause has a trace: %v", keys)
	}
}

func TestSubjectAndPartitionAreWhatItIsAbout(t *testing.T) {
	for name, p := range samples(t) {
		e := made(t, p)
		want := "shop/orders-to-lake"
		if strings.HasPrefix(name, "check") || strings.HasPrefix(name, "discover") {
			want = "source/shop/orders"
		}
		if e.Subject() != want || e.Extensions()[PartitionKey] != want {
			t.Errorf("%s: subject %q, partition %v", name, e.Subject(), e.Extensions()[PartitionKey])
		}
	}
}

// TestNoEventHoldsASecret: what a reference stands for is there for the taking,
// in the environment.
func TestNoEventHoldsASecret(t *testing.T) {
	const secret = "marked-s3cret"
	t.Setenv("KNELT_EVENTS_TEST_TOKEN", secret)
	if os.Getenv("KNELT_EVENTS_TEST_TOKEN") != secret {
		t.Fatal("the secret is not there to leak")
	}
	for name, p := range samples(t) {
		e := made(t, p)
		if strings.Contains(e.String(), secret) || strings.Contains(string(e.Data()), secret) {
			t.Errorf("%s holds the secret", name)
		}
		if strings.Contains(name, "documents") && !strings.Contains(string(e.Data()), "${env:KNELT_EVENTS_TEST_TOKEN}") {
			t.Errorf("%s has lost the reference", name)
		}
	}
}

func TestAnEventThatWouldNotBeUnderstoodIsNotMade(t *testing.T) {
	for name, p := range map[string]Payload{
		"no name":             &SyncRequest{Run: Run{Due: due, Attempt: 1}, Reason: ByHand},
		"no reason":           &SyncRequest{Run: run()},
		"a success that isnt": &SyncResult{Run: run(), Outcome: Succeeded, Ended: ended, Reasons: []string{"no"}},
		"no outcome":          &SyncResult{Run: run(), Ended: ended},
		"unfinished":          &SyncResult{Run: run(), Outcome: "running", Ended: ended},
		"half of documents":   &SyncRequest{Run: run(), Reason: ByHand, Documents: &Documents{}},
		"other documents":     &SyncRequest{Run: Run{Connection: Ref{Name: "x"}, Due: due, Attempt: 1}, Reason: ByHand, Documents: documents(t)},
	} {
		_, err := New(Origin{Source: FromAPI}, p)
		if !errors.As(err, new(*DecodeError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Origin{}, &SyncRequest{Run: run(), Reason: ByHand}); !errors.As(err, new(*DecodeError)) {
		t.Errorf("without a source: %v", err)
	}
}

func TestALargeResultKeepsWhatIsNotInOrder(t *testing.T) {
	r := &SyncResult{Run: run(), Outcome: Failed, Ended: ended, Total: Counts{Relayed: 5000}}
	for i := range 5000 {
		s := StreamResult{Stream: airbyte.Descriptor{Name: fmt.Sprintf("stream%d", i)}, Complete: true}
		if i >= 4990 {
			s.Complete, s.Reasons = false, []string{strings.Repeat("ä", 5000)}
		}
		r.Streams = append(r.Streams, s)
	}
	all := r.Streams
	e := made(t, r)
	if len(e.Data()) > maxData {
		t.Errorf("%d bytes", len(e.Data()))
	}
	if r.StreamsOmitted == 0 || r.StreamsOmitted+len(r.Streams) != 5000 {
		t.Errorf("%d omitted, %d kept", r.StreamsOmitted, len(r.Streams))
	}
	for i, s := range r.Streams[:10] {
		if s.Complete || len(s.Reasons[0]) > maxText+len("…") || !strings.HasSuffix(s.Reasons[0], "ä…") {
			t.Errorf("row %d: %+v", i, s)
		}
	}
	if all[0].Stream.Name != "stream0" || len(all[4999].Reasons[0]) != 10000 {
		t.Error("the sender's rows were changed")
	}
}

func TestALargeCatalogIsLeftOut(t *testing.T) {
	catalog := `{"streams":[{"name":"` + strings.Repeat("a", maxData) + `"}]}`
	e := made(t, &DiscoverResult{Asked: Asked{Resource: Resource{SourceKind, "", "a"}, Due: due, Attempt: 1}, Streams: 1, Catalog: []byte(catalog), Ended: ended})
	p, err := Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.(*DiscoverResult); got.Catalog != nil || got.Streams != 1 {
		t.Errorf("%+v", got)
	}
}

// TestWordsAreThoseOfTheLedgerAndTheStore keeps one name for one thing.
func TestWordsAreThoseOfTheLedgerAndTheStore(t *testing.T) {
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[Counts](), reflect.TypeFor[replication.Counts]()},
		{reflect.TypeFor[StreamResult](), reflect.TypeFor[replication.StreamLedger]()},
	} {
		for _, name := range jsonNames(pair[0]) {
			if !slices.Contains(jsonNames(pair[1]), name) {
				t.Errorf("%s has %s, %s has not", pair[0], name, pair[1])
			}
		}
	}
	want := []string{string(store.Succeeded), string(store.Incomplete), string(store.Failed), string(store.Cancelled)}
	if diff := cmp.Diff(want, Outcome("").values()); diff != "" {
		t.Errorf("outcomes (-store +events):\n%s", diff)
	}
}

func jsonNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestAnEventOfAHugeSchemaChangeIsForwarded by every broker: what breaks is in it,
// and how much was left out.
func TestAnEventOfAHugeSchemaChangeIsForwarded(t *testing.T) {
	c := &SchemaChange{Run: run(), Breaking: true}
	for i := range 5000 {
		s := StreamChange{Stream: airbyte.Descriptor{Name: fmt.Sprintf("stream_%d", i)}, Change: Changed}
		for f := range 50 {
			s.Fields = append(s.Fields, FieldChange{Path: []string{strings.Repeat("field", 20), strconv.Itoa(f)}, Change: Added, To: "string"})
		}
		c.Changes = append(c.Changes, s)
	}
	c.Changes[4999].Breaking = []string{"its cursor is gone"}
	e, err := New(Origin{Source: FromSync}, c)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	got := p.(*SchemaChange)
	if len(e.Data()) > 60<<10 || len(got.Changes)+got.ChangesOmitted != 5000 || got.Changes[0].Stream.Name != "stream_4999" || len(got.Changes[0].Breaking) != 1 {
		t.Errorf("%d bytes, %d changes and %d omitted, first %+v", len(e.Data()), len(got.Changes), got.ChangesOmitted, got.Changes[0].Stream)
	}
	for _, s := range got.Changes {
		if len(s.Fields)+s.FieldsOmitted != 50 {
			t.Errorf("%s has %d fields and %d omitted", s.Stream, len(s.Fields), s.FieldsOmitted)
		}
	}
}
