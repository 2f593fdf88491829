package host

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// problem is a problem document (RFC 9457).
type problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail,omitempty"`
	Instance string  `json:"instance,omitempty"`
	Errors   []Field `json:"errors,omitempty"`
}

// problemType is the media type of a problem document.
const problemType = "application/problem+json"

// answer makes the answer of an error.
func (e *Error) answer(toEvent bool, requestID string) *Response {
	r, known := table[e.Cause]
	if !known {
		return (&Error{Cause: Internal, Err: e}).answer(toEvent, requestID)
	}
	p := problem{
		Type: "https://knelt.dev/problems/" + string(e.Cause), Title: r.title, Status: e.Cause.status(toEvent),
		Detail: e.shown(), Instance: "urn:knelt:request:" + requestID, Errors: e.Fields,
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // cannot happen: strings and numbers
	}
	header := http.Header{"Content-Type": {problemType}}
	if wait := e.wait(r); wait > 0 {
		header.Set("Retry-After", strconv.Itoa(wait))
	}
	return &Response{Status: p.Status, Header: header, Body: append(body, '\n')}
}

// shown is what whoever asked is told. What is unexpected may hold anything, so
// it is for the log alone.
func (e *Error) shown() string {
	switch {
	case e.Detail != "":
		return e.Detail
	case e.Cause == Internal || e.Err == nil:
		return ""
	}
	return e.Err.Error()
}

// wait is the Retry-After in whole seconds, at least one; 0: none.
func (e *Error) wait(r row) int {
	if e.RetryAfter > 0 {
		return int((e.RetryAfter + time.Second - 1) / time.Second)
	}
	return r.retryAfter
}
