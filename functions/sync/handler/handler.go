// Package handler is the sync function: an event that asks for a sync becomes
// one sync, however often it comes, and the answer is the event that tells how
// it ended, or that hands it to the next invocation.
package handler

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
)

// Handler handles requests for syncs. It is safe for concurrent use.
type Handler struct {
	Engine Engine
	// Connections finds the documents that a request does not bring.
	Connections Connections
	// Sink, if set, is told of what happens on the way (sync.started).
	Sink Sink
	// Next takes the continuation of a sync where the answer to the request does
	// not bring it there. nil: only answers tell of it.
	Next Sink
	// Replies tells that the replies to events reach whoever goes on: there is a
	// broker with a trigger for sync.continued.
	Replies bool
	// Leave is how long before the end of a request's time its sync is left to
	// the next invocation.
	Leave time.Duration
	// Drain, when it is closed, ends syncs gently, and Abort at once: for a process
	// whose connectors do not outlive it. nil: syncs are left to successors.
	Drain, Abort <-chan struct{}

	behind sync.WaitGroup
}

// Engine runs syncs; *engine.Engine is one.
type Engine interface {
	Sync(ctx context.Context, req engine.Request) (engine.Result, error)
}

// Connections finds a connection's documents.
type Connections interface {
	Get(ctx context.Context, ref events.Ref) (*events.Documents, error)
}

// Sink takes events.
type Sink interface {
	Send(ctx context.Context, e event.Event) error
}

// Handle answers sync.requested and sync.continued. The reply is the result, or
// sync.continued, or nil where Next was sent that in place of a reply. Errors: a *events.DecodeError, *events.UnknownTypeError or
// *connection.Problems for what nobody can carry out, a *store.HeldError while
// the sync runs elsewhere, store.ErrUnavailable and others for what may go well
// another time.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	a, err := asked(e)
	if err != nil {
		return nil, err
	}
	told, err := h.Run(ctx, a)
	if err != nil {
		return nil, err
	}
	if gone(ctx) {
		if err := h.tell(ctx, a, told); err != nil {
			return nil, err
		}
	}
	return h.reply(ctx, a, told)
}

// Asked is a wanted sync.
type Asked struct {
	Request events.SyncRequest
	// Continuations counts how often it was handed on before.
	Continuations int
	// Cause is the event that asked; nil for other requests.
	Cause *event.Event
}

// asked reads an event.
func asked(e event.Event) (Asked, error) {
	p, err := events.Decode(e)
	if err != nil {
		return Asked{}, err
	}
	switch p := p.(type) {
	case *events.SyncRequest:
		return Asked{Request: *p, Cause: &e}, nil
	case *events.SyncContinuation:
		return Asked{Request: p.Request, Continuations: p.Continuation, Cause: &e}, nil
	}
	return Asked{}, &events.UnknownTypeError{Type: e.Type(), Known: []string{events.SyncRequested, events.SyncContinued}}
}

// Run carries a request out and gives what is to be told of it: an
// *events.SyncResult, or an *events.SyncContinuation. Errors as of Handle.
func (h *Handler) Run(ctx context.Context, a Asked) (events.Payload, error) {
	told, err := h.run(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := h.hand(ctx, a, told); err != nil {
		return nil, fmt.Errorf("handing the sync on: %w", err)
	}
	return told, nil
}

// run carries a request out.
func (h *Handler) run(ctx context.Context, a Asked) (events.Payload, error) {
	docs := a.Request.Documents
	if docs == nil {
		var err error
		if docs, err = h.Connections.Get(ctx, a.Request.Connection); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	leave, stop := h.leave(ctx)
	defer stop()
	// The context's end is no reason to kill what can be left to a successor.
	t := &teller{handler: h, ctx: ctx, asked: a}
	req := request(a, docs, leave, t.observe)
	req.Drain = h.Drain
	running, stopAborting := h.abortable(ctx)
	r, err := h.Engine.Sync(running, req)
	stopAborting()
	t.sending.Wait()
	if mistake := configMistake(err); mistake != nil {
		return refused(a, mistake, began), nil
	}
	if err != nil {
		return nil, err
	}
	if r.Continued {
		return continuation(a, r), nil
	}
	return result(a, r), nil
}

// abortable gives the context of a sync: the request's end is no end of it, Abort
// is.
func (h *Handler) abortable(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-h.Abort:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func request(a Asked, docs *events.Documents, leave <-chan struct{}, observe func(engine.Event)) engine.Request {
	return engine.Request{
		Connection: docs.Connection, Source: docs.Source, Destination: docs.Destination,
		Refresh: a.Request.Refresh, Reset: a.Request.Kind == events.Reset,
		Key: a.Request.Key(), Detach: leave,
		Observe: observe,
	}
}

// leave gives what is closed when the sync is to be left: shortly before the
// request's time is up, when the process has to end, or when nobody waits for
// the answer any more.
func (h *Handler) leave(ctx context.Context) (left <-chan struct{}, stop func()) {
	soon, cancel := context.WithCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		soon, cancel = context.WithDeadline(ctx, deadline.Add(-h.Leave))
	}
	go func() {
		select {
		case <-host.Draining(ctx):
			cancel()
		case <-soon.Done():
		}
	}()
	return soon.Done(), cancel
}
