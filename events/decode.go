package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Decode reads the payload of an event: a pointer to the payload type that
// belongs to its type, completed as New completes it. The error is a
// *DecodeError with everything that is wrong, or an *UnknownTypeError; both are
// final, and neither holds a value of a config.
//
// Requests are read strictly, for a misspelt field that is passed over would do
// something else than was asked for. Of other events unknown fields are passed
// over, since a newer sender may tell more.
func Decode(e event.Event) (Payload, error) {
	if err := Validate(e); err != nil {
		return nil, err
	}
	empty, known := payloads[e.Type()]
	if !known {
		return nil, &UnknownTypeError{Type: e.Type(), Known: Types()}
	}
	p := empty()
	if wrong := read(e, p); len(wrong) > 0 {
		return nil, &DecodeError{Type: e.Type(), Problems: wrong}
	}
	return p, nil
}

// Validate tells what is wrong with an event's attributes, of whatever type it
// is. The error is a *DecodeError.
func Validate(e event.Event) error {
	if wrong := attributeProblems(e); len(wrong) > 0 {
		return &DecodeError{Type: e.Type(), Problems: wrong}
	}
	return nil
}

// read fills p from an event's data.
func read(e event.Event, p Payload) []Problem {
	if wrong := dataProblems(e); len(wrong) > 0 {
		return wrong
	}
	if err := json.Unmarshal(e.Data(), p); err != nil {
		return unmarshalProblems(err, p)
	}
	p.normalise()
	if wrong := p.verify(); len(wrong) > 0 {
		return wrong
	}
	if t := p.EventType(); t != e.Type() {
		return []Problem{{"/type", fmt.Sprintf("is %s, but the data is that of %s", e.Type(), t)}}
	}
	if s := e.Subject(); s != "" && s != p.Subject() {
		return []Problem{{"/subject", fmt.Sprintf("is %q, but the data is about %q", s, p.Subject())}}
	}
	return nil
}

// attributeProblems tells what is wrong with an event's attributes.
func attributeProblems(e event.Event) []Problem {
	var invalid event.ValidationError
	err := e.Validate()
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return []Problem{{"", err.Error()}}
	}
	var wrong []Problem
	for name, err := range invalid {
		wrong = append(wrong, Problem{"/" + name, err.Error()})
	}
	slices.SortFunc(wrong, func(a, b Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	return wrong
}

// dataProblems tells what is wrong with an event's data, before its documents
// are read.
func dataProblems(e event.Event) []Problem {
	if t := e.DataContentType(); !isJSON(t) {
		return []Problem{{"/datacontenttype", fmt.Sprintf("is %q, must be application/json", t)}}
	}
	if len(e.Data()) == 0 {
		return []Problem{{"/data", "is missing"}}
	}
	return schemaProblems(e.Type(), e.Data())
}

// isJSON tells whether a media type is JSON; CloudEvents makes it the default.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == event.ApplicationJSON || t == "text/json" || strings.HasSuffix(t, "+json"))
}

// unmarshalProblems are those of documents; anything else the schema has let
// through is told as it is.
func unmarshalProblems(err error, p Payload) []Problem {
	var list problemList
	if !errors.As(err, &list) {
		return []Problem{{"/data", err.Error()}}
	}
	if _, nested := p.(*SyncContinuation); nested {
		return under("/data/request", list)
	}
	return list
}
