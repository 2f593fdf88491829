package events

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
)

// incoming is an event as somebody sends it.
func incoming(eventType, data string) event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("/somebody")
	e.SetType(eventType)
	e.DataEncoded = []byte(data)
	e.SetDataContentType("application/json")
	return e
}

const (
	dueJSON = `"due":"2026-01-02T03:04:05Z","attempt":1`
	refJSON = `"connection":{"name":"orders"}`
)

func TestMistakesAreToldWithTheirPlaces(t *testing.T) {
	tests := map[string]struct {
		eventType, data string
		want            []string
	}{
		"no data":             {SyncRequested, ``, []string{"/data: is missing"}},
		"no JSON":             {SyncRequested, `{"due":`, []string{"/data: is not JSON: unexpected EOF"}},
		"two documents":       {SyncRequested, `{} {}`, []string{"/data: is not JSON: invalid character after top-level value"}},
		"a list":              {SyncRequested, `[]`, []string{"/data: must be object, is array"}},
		"nothing":             {SyncRequested, `{}`, []string{"/data: attempt is missing", "/data: connection is missing", "/data: documents is missing", "/data: due is missing", "/data: reason is missing"}},
		"wrong types":         {SyncRequested, `{` + refJSON + `,"due":5,"attempt":"1","reason":"manual"}`, []string{"/data/attempt: must be integer, is string", "/data/due: must be string, is number"}},
		"no time":             {SyncRequested, `{` + refJSON + `,"due":"tomorrow","attempt":1,"reason":"manual"}`, []string{"/data/due: must be a date-time (such as 2026-01-02T03:04:05Z)"}},
		"attempt zero":        {SyncRequested, `{` + refJSON + `,"due":"2026-01-02T03:04:05Z","attempt":0,"reason":"manual"}`, []string{"/data/attempt: must be at least 1"}},
		"a misspelt field":    {SyncRequested, `{` + refJSON + `,` + dueJSON + `,"reason":"manual","refersh":[]}`, []string{"/data: unknown field refersh"}},
		"another case":        {SyncRequested, `{` + refJSON + `,` + dueJSON + `,"Reason":"manual"}`, []string{"/data: reason is missing", "/data: unknown field Reason"}},
		"an unknown reason":   {SyncRequested, `{` + refJSON + `,` + dueJSON + `,"reason":"whim"}`, []string{"/data/reason: must be one of [schedule manual retry event]"}},
		"no name for a name":  {SyncRequested, `{"connection":{"name":"Orders!"},` + dueJSON + `,"reason":"manual"}`, []string{"/data/connection/name: must be a name of a-z, 0-9, - and ., beginning and ending with a letter or digit"}},
		"a stream, no name":   {SyncRequested, `{` + refJSON + `,` + dueJSON + `,"reason":"manual","refresh":[{"namespace":"a"}]}`, []string{"/data/refresh/0: name is missing"}},
		"a key twice":         {SyncRequested, `{` + refJSON + `,` + dueJSON + `,"reason":"manual","reason":"retry"}`, []string{`/data: has the field "reason" twice`}},
		"twice by case":       {SyncSucceeded, `{` + refJSON + `,"Connection":{"name":"other"},` + dueJSON + `}`, []string{`/data: has the field "Connection" twice`}},
		"another outcome":     {SyncSucceeded, `{` + refJSON + `,` + dueJSON + `,"outcome":"failed","checkpointMoved":false,"ended":"2026-01-02T03:04:05Z","total":{"relayed":0,"bytes":0,"statesSent":0,"statesReturned":0}}`, []string{"/data/outcome: must be succeeded"}},
		"a failed success":    {CheckSucceeded, `{"resource":{"kind":"Source","name":"a"},` + dueJSON + `,"ended":"2026-01-02T03:04:05Z","failure":{"type":"config_error","message":"no"}}`, []string{"/data/failure: must not be there"}},
		"no failure":          {CheckFailed, `{"resource":{"kind":"Source","name":"a"},` + dueJSON + `,"ended":"2026-01-02T03:04:05Z"}`, []string{"/data: failure is missing"}},
		"a destination":       {DiscoverRequested, `{"resource":{"kind":"Destination","name":"a"},` + dueJSON + `}`, []string{`/data/resource/kind: is "Destination", must be "Source"`}},
		"inside of a request": {SyncContinued, `{"request":{` + refJSON + `,"attempt":1,"reason":"manual"},"sync":1,"continuation":1,"epoch":1}`, []string{"/data/request: due is missing"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(incoming(test.eventType, test.data))
			var wrong *DecodeError
			if !errors.As(err, &wrong) {
				t.Fatalf("%v, want a DecodeError", err)
			}
			var got []string
			for _, p := range wrong.Problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakesInAttributesAreTold(t *testing.T) {
	good := `{` + refJSON + `,` + dueJSON + `,"reason":"manual"}`
	tests := map[string]struct {
		spoil func(*event.Event)
		want  string
	}{
		"no id":         {func(e *event.Event) { e.SetID("") }, "/id: "},
		"media type":    {func(e *event.Event) { e.SetDataContentType("text/plain") }, `/datacontenttype: is "text/plain", must be application/json`},
		"other subject": {func(e *event.Event) { e.SetSubject("shop/other") }, `/subject: is "shop/other", but the data is about "orders"`},
		"no type":       {func(e *event.Event) { e.SetType("") }, "/type: "},
	}
	for name, test := range tests {
		e := incoming(SyncRequested, good)
		if _, err := Decode(e); err != nil {
			t.Fatal(err)
		}
		test.spoil(&e)
		_, err := Decode(e)
		var wrong *DecodeError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want a DecodeError with %q", name, err, test.want)
		}
	}
}

func TestAnUnknownTypeIsToldWithThoseThatAreKnown(t *testing.T) {
	_, err := Decode(incoming("dev.knelt.sync.wanted", `{}`))
	var unknown *UnknownTypeError
	if !errors.As(err, &unknown) || !slices.Contains(unknown.Known, SyncRequested) {
		t.Errorf("%v", err)
	}
}

func TestAnswersOfNewerSendersAreUnderstood(t *testing.T) {
	e := incoming(SyncContinued, `{"request":{`+refJSON+`,`+dueJSON+`,"reason":"manual","mood":{"due":1}},"sync":1,"continuation":1,"epoch":1,"more":true}`)
	p, err := Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.(*SyncContinuation).Request.Key(); got != "orders/sync/2026-01-02T03:04:05Z/1" {
		t.Errorf("run %s", got)
	}
}

func TestABareRequestIsCompleted(t *testing.T) {
	e := incoming(SyncRequested, `{`+refJSON+`,"due":"2026-01-02T05:04:05.123456+02:00","attempt":1,"reason":"manual"}`)
	e.SetDataContentType("application/json; charset=utf-8")
	p, err := Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	r := p.(*SyncRequest)
	if r.Kind != Sync || r.Key() != "orders/sync/2026-01-02T03:04:05.123Z/1" {
		t.Errorf("kind %q, key %s", r.Kind, r.Key())
	}
}

// TestOnlyTheDocumentsSayTheirMistakes covers documents, which pkg/connection
// reads.
func TestMistakesInDocumentsAreToldWithoutTheirValues(t *testing.T) {
	const secret = "tops3cret"
	source := `{"apiVersion":"knelt.dev/v1alpha1","kind":"Source","metadata":{"name":"orders"},"spec":{"connector":{"image":"a:1"},"config":{"password":"` + secret + `"},"colour":"` + secret + `"}}`
	destination := strings.NewReplacer(`"Source"`, `"Destination"`, `"orders"`, `"lake"`, `,"colour":"`+secret+`"`, ``).Replace(source)
	conn := `{"apiVersion":"knelt.dev/v1alpha1","kind":"Connection","metadata":{"name":"orders"},"spec":{"source":"others","destination":"lake"}}`
	documents := `"documents":{"source":` + source + `,"destination":` + destination + `,"connection":` + conn + `}`
	request := dueJSON + `,"reason":"manual",` + documents

	for name, test := range map[string]struct{ eventType, data, want string }{
		"unknown field":     {SyncRequested, `{` + request + `}`, "/data/documents/source: spec.colour: unknown field"},
		"in a continuation": {SyncContinued, `{"request":{` + request + `},"sync":1,"continuation":1,"epoch":1}`, "/data/request/documents/source: spec.colour: unknown field"},
		"another source":    {SyncRequested, `{` + strings.Replace(request, `,"colour":"`+secret+`"`, ``, 1) + `}`, `/data/documents/connection/spec/source: is "others", must be "orders"`},
		"a document alone":  {DiscoverRequested, `{` + dueJSON + `,"document":` + source + `}`, "/data/document: spec.colour: unknown field"},
		"wrong kind":        {CheckRequested, `{` + dueJSON + `,"document":` + conn + `}`, "/data/document/kind: must be one of [Source Destination]"},
		"incomplete":        {SyncRequested, `{` + dueJSON + `,"reason":"manual","documents":{"source":` + source + `}}`, "/data/documents: connection is missing"},
	} {
		_, err := Decode(incoming(test.eventType, test.data))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error has a value of a config: %v", name, err)
		}
	}
}

func FuzzDecodeNeverPanicsAndWhatItTakesCanBeSent(f *testing.F) {
	for _, t := range Types() {
		f.Add(t, `{}`)
		f.Add(t, `{`+refJSON+`,`+dueJSON+`,"reason":"manual","refresh":[{"name":"a"}]}`)
		f.Add(t, `{"resource":{"kind":"Source","name":"a"},`+dueJSON+`}`)
	}
	f.Fuzz(func(t *testing.T, eventType, data string) {
		p, err := Decode(incoming(eventType, data))
		if err != nil {
			return
		}
		e, err := New(Origin{Source: FromAPI}, p)
		if err != nil {
			t.Fatalf("%s %s was decoded and cannot be sent: %v", eventType, data, err)
		}
		again, err := Decode(e)
		if err != nil || again.EventID() != p.EventID() {
			t.Fatalf("%s %s was sent and not understood: %v", eventType, data, err)
		}
	})
}
