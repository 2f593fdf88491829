package handler_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/functions/sync/handler"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// leaving is an engine whose sync is left when it is asked to.
func leaving(t *testing.T) fakeEngine {
	return func(ctx context.Context, req engine.Request) (engine.Result, error) {
		select {
		case <-req.Detach:
		case <-time.After(10 * time.Second):
			t.Error("nobody asked the engine to leave")
		}
		if ctx.Err() != nil {
			t.Error("the sync was killed rather than left")
		}
		return engine.Result{Record: record(store.Running, req.Key), Epoch: 4, Continued: true}, nil
	}
}

func TestASyncIsHandedOnShortlyBeforeItsTimeIsUp(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next, Replies: true, Leave: 10 * time.Second}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+50*time.Millisecond)
	defer cancel()
	r := request(t)
	reply, err := h.Handle(ctx, newEvent(t, &r))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Type() != events.SyncContinued || reply.ID() != r.Key()+"/continued/4" || next.types() != "" {
		t.Errorf("the reply is %s, and sent was %q", reply.ID(), next.types())
	}
	p, err := events.Decode(*reply)
	if err != nil {
		t.Fatal(err)
	}
	reply2, err := h.Handle(ctx, newEvent(t, p))
	if err != nil {
		t.Fatal(err)
	}
	p, err = events.Decode(*reply2)
	if c, ok := p.(*events.SyncContinuation); err != nil || !ok || c.Continuation != 2 || c.Request.Documents == nil {
		t.Errorf("the continuation's continuation is %+v, %v", p, err)
	}
}

// TestASyncIsHandedOnMoreOftenThanABrokerCounts: the Broker drops what is a reply to
// a reply 255 times over.
func TestASyncIsHandedOnMoreOftenThanABrokerCounts(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next, Replies: true, Leave: time.Minute}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := request(t)
	e, left := newEvent(t, &r), 255
	for round := 1; round <= 1000; round++ {
		sent := len(next.sent)
		reply, err := h.Handle(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case reply == nil && len(next.sent) == sent+1:
			e, left = next.sent[sent], 255
		case reply != nil && len(next.sent) == sent:
			e, left = *reply, left-1
		default:
			t.Fatalf("round %d: the reply is %v, and %d events were sent", round, reply, len(next.sent)-sent)
		}
		p, err := events.Decode(e)
		if c, ok := p.(*events.SyncContinuation); err != nil || !ok || c.Continuation != round || left == 0 {
			t.Fatalf("round %d: %+v, %v, and the Broker has counted to %d", round, p, err, left)
		}
	}
}

func TestWithoutABrokerContinuationsAreSent(t *testing.T) {
	next := &fakeSink{}
	h := &handler.Handler{Engine: leaving(t), Next: next}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r := request(t)
	if _, err := h.Handle(ctx, newEvent(t, &r)); err != nil || next.types() != events.SyncContinued {
		t.Errorf("sent was %q, %v", next.types(), err)
	}
	next.err = errors.New("nobody there")
	if _, err := h.Handle(ctx, newEvent(t, &r)); !errors.Is(err, next.err) {
		t.Errorf("a continuation that could not be sent is %v: the request has to come again", err)
	}
}
