package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
)

// message is the event of a request.
type message struct {
	event *event.Event
	mode  binding.Encoding
	err   error
}

// message reads the event of a request that has to be one. What the SDK panics
// at is a mistake of the sender's like any other.
func (x *exchange) message(w work, in *Call) (m message) {
	if w.event == nil {
		return m
	}
	defer func() {
		if p := recover(); p != nil {
			x.panicked(p)
			m = message{err: &Error{Cause: Undecodable, Detail: "the event cannot be read"}}
		}
	}()
	m.event, m.mode, m.err = readEvent(x.host.base, in)
	if m.err == nil {
		x.attrs = []any{"event", m.event.ID(), "type", m.event.Type(), "source", m.event.Source(), "subject", m.event.Subject()}
	}
	return m
}

// handle has the event handled, and writes the reply in the mode of the request.
func (m message) handle(ctx context.Context, handle Handler) (*Response, error) {
	if m.err != nil {
		return nil, m.err
	}
	cause := m.event.Clone()
	reply, err := handle(ctx, *m.event)
	if err != nil {
		return nil, err
	}
	if reply == nil {
		return &Response{Status: http.StatusAccepted}, nil
	}
	return writeEvent(ctx, traced(ctx, cause, *reply), m.mode)
}

const cloudEventsType = "application/cloudevents"

// readEvent reads an event in binary or structured mode.
func readEvent(ctx context.Context, in *Call) (*event.Event, binding.Encoding, error) {
	in.Header.Del("Ce-") // the SDK panics at an attribute without a name
	m := cehttp.NewMessage(in.Header, io.NopCloser(bytes.NewReader(in.Body)))
	mode := m.ReadEncoding()
	mediaType := in.Header.Get("Content-Type")
	switch {
	case mode == binding.EncodingBatch || strings.HasPrefix(mediaType, cloudEventsType+"-batch"):
		return nil, mode, &Error{Cause: MediaType, Detail: "batches of events are not taken: send them one by one"}
	case mode == binding.EncodingUnknown && strings.HasPrefix(mediaType, cloudEventsType):
		return nil, mode, &Error{Cause: MediaType, Detail: "of events in structured mode only application/cloudevents+json is read"}
	case mode == binding.EncodingUnknown:
		return nil, mode, &Error{Cause: Undecodable, Detail: "this is no CloudEvent 1.0: in binary mode it has the headers " +
			"ce-specversion, ce-id, ce-source and ce-type, in structured mode the media type application/cloudevents+json"}
	}
	e, err := binding.ToEvent(ctx, m)
	if err != nil {
		return nil, mode, &Error{Cause: Undecodable, Detail: "the event cannot be read", Err: err}
	}
	return e, mode, events.Validate(*e)
}

// writeEvent makes an answer of an event.
func writeEvent(ctx context.Context, e event.Event, mode binding.Encoding) (*Response, error) {
	if err := events.Validate(e); err != nil {
		return nil, Because(Internal, fmt.Errorf("the reply: %w", err))
	}
	with := binding.WithForceBinary
	if mode == binding.EncodingStructured {
		with = binding.WithForceStructured
	}
	w := &recorder{header: http.Header{}}
	if err := cehttp.WriteResponseWriter(with(ctx), binding.ToMessage(&e), http.StatusOK, w); err != nil {
		return nil, Because(Internal, fmt.Errorf("the reply: %w", err))
	}
	w.header.Del("Content-Length") // it is the server's to say
	return &Response{Status: w.status, Header: w.header, Body: w.body.Bytes()}, nil
}

// recorder is a ResponseWriter in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
