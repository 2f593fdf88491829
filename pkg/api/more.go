package api

import (
	"encoding/json"

	"knelt.dev/pkg/synclog"
)

// stateJSON is any JSON: a list, or a LEGACY source's own value.
type stateJSON = json.RawMessage

// LogPage is a part of a sync's log.
type LogPage struct {
	Items []synclog.Entry `json:"items"`
	// Offset is the place of the first item among the lines that were chosen.
	Offset int `json:"offset"`
	// Next is the offset to go on from; left out at the end for now.
	Next int `json:"next,omitempty"`
}

// Resource is a Source or a Destination without what may be secret: of its
// config, texts and numbers that are no ${...} reference are "***".
type Resource struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Connector is the image, or the program.
	Connector string          `json:"connector"`
	Config    json.RawMessage `json:"config"`
	// UsedBy are the connections that name it, sorted.
	UsedBy []string `json:"usedBy"`
}

// Question asks a connector something.
type Question struct {
	// Resource names what is asked.
	Resource *ResourceName `json:"resource,omitempty"`
	// Document is a Source or a Destination to use instead, which needs the scope
	// admin: it says which program is run.
	Document json.RawMessage `json:"document,omitempty"`
}

// ResourceName names a Source or a Destination.
type ResourceName struct {
	// Kind is Source or Destination.
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// CheckAnswer is what a connector says of its config. FAILED is an answer.
type CheckAnswer struct {
	// Status is SUCCEEDED or FAILED.
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// Version is which build answers.
type Version struct {
	Version string `json:"version"`
	API     string `json:"api"`
}

// Whoami is who asks.
type Whoami struct {
	// Name of the token; "loopback" on one machine without a token.
	Name   string  `json:"name"`
	Scopes []Scope `json:"scopes"`
}

// End is the last event of a stream of events.
type End struct {
	// Status the sync ended with; left out if the stream ends for another reason,
	// such as that the server is being restarted.
	Status Status `json:"status,omitempty"`
}

// Problem is an error (RFC 9457).
type Problem struct {
	// Type is https://knelt.dev/problems/CAUSE.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Instance is urn:knelt:request:ID, the X-Request-Id of answer and log.
	Instance string  `json:"instance,omitempty"`
	Errors   []Field `json:"errors,omitempty"`
}

// Field is one thing that is wrong with a request.
type Field struct {
	Pointer string `json:"pointer,omitempty"`
	Field   string `json:"field,omitempty"`
	Detail  string `json:"detail"`
}
