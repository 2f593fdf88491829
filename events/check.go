package events

import (
	"encoding/json"
	"time"

	"knelt.dev/pkg/connection"
)

// Asked identifies one question to a connector.
type Asked struct {
	// Resource that is asked. May be left out of a request that has a document.
	Resource Resource `json:"resource,omitzero"`
	// Due is the time of asking (RFC 3339, kept in UTC and whole milliseconds).
	Due time.Time `json:"due"`
	// Attempt counts the requests for this due time, from 1.
	Attempt int `json:"attempt" schema:"minimum=1"`
}

// Subject of the events about the question.
func (a *Asked) Subject() string { return a.Resource.String() }

func (a *Asked) normalise() { a.Due = normal(a.Due) }

func (a *Asked) id(command, tail string) string {
	return runKey(a.Subject(), command, a.Due, a.Attempt) + "/" + tail
}

// Question is what a request about a connector asks of it.
type Question struct {
	Asked
	// Document is the Source or Destination to use instead of looking it up.
	Document *Document `json:"document,omitempty"`
}

func (q *Question) normalise() {
	if q.Document != nil && q.Resource == (Resource{}) {
		q.Resource = q.Document.resource()
	}
	q.Asked.normalise()
}

func (q *Question) verify() []Problem {
	if q.Document == nil {
		return nil
	}
	return unlessSame("/data/resource", q.Resource.String(), q.Document.resource().String())
}

// CheckRequest asks whether a config works (dev.knelt.check.requested).
type CheckRequest struct{ Question }

// EventType is CheckRequested.
func (*CheckRequest) EventType() string { return CheckRequested }

// EventID is the resource, "check", the due time, the attempt and "requested".
func (r *CheckRequest) EventID() string { return r.id("check", "requested") }

// CheckResult answers it (dev.knelt.check.succeeded, failed).
type CheckResult struct {
	Asked
	// Failure is left out if the config works. Its type is config_error if the
	// connector said that the config does not work.
	Failure *Failure `json:"failure,omitempty"`
	// Started is when the connector was asked.
	Started time.Time `json:"started,omitzero"`
	// Ended is when it was done.
	Ended time.Time `json:"ended"`
}

// EventType tells by Failure whether the check succeeded.
func (r *CheckResult) EventType() string {
	if r.Failure != nil {
		return CheckFailed
	}
	return CheckSucceeded
}

// EventID is the request's, with "succeeded" or "failed" at its end.
func (r *CheckResult) EventID() string { return r.id("check", ending(r.Failure)) }

func (*CheckResult) verify() []Problem { return nil }

// DiscoverRequest asks a source for its streams
// (dev.knelt.discover.requested).
type DiscoverRequest struct{ Question }

// EventType is DiscoverRequested.
func (*DiscoverRequest) EventType() string { return DiscoverRequested }

// EventID is the resource, "discover", the due time, the attempt and
// "requested".
func (r *DiscoverRequest) EventID() string { return r.id("discover", "requested") }

func (r *DiscoverRequest) verify() []Problem {
	return append(r.Question.verify(), unlessSame("/data/resource/kind", string(r.Resource.Kind), connection.KindSource)...)
}

// DiscoverResult answers it (dev.knelt.discover.succeeded, failed).
type DiscoverResult struct {
	Asked
	// Failure is left out if there is a catalog.
	Failure *Failure `json:"failure,omitempty"`
	// Streams is how many streams the source has.
	Streams int `json:"streams" schema:"minimum=0"`
	// Catalog is the source's own (AirbyteCatalog). It is left out where it
	// makes the event larger than every broker forwards: ask by HTTP then.
	Catalog json.RawMessage `json:"catalog,omitempty" schema:"object"`
	// Started is when the connector was asked.
	Started time.Time `json:"started,omitzero"`
	// Ended is when it was done.
	Ended time.Time `json:"ended"`
}

// EventType tells by Failure whether there is a catalog.
func (r *DiscoverResult) EventType() string {
	if r.Failure != nil {
		return DiscoverFailed
	}
	return DiscoverSucceeded
}

// EventID is the request's, with "succeeded" or "failed" at its end.
func (r *DiscoverResult) EventID() string { return r.id("discover", ending(r.Failure)) }

func (*DiscoverResult) verify() []Problem { return nil }

func ending(f *Failure) string {
	if f != nil {
		return string(Failed)
	}
	return string(Succeeded)
}
