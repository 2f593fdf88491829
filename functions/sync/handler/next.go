package handler

import (
	"context"
	"errors"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
)

// repliesInARow is how many continuations are replies, one to the other. A Broker
// counts replies to replies and drops the 255th
// (https://github.com/knative/eventing, pkg/broker/ttl.go); what is sent to it
// counts from the beginning.
const repliesInARow = 200

// hand brings a continuation to whoever goes on. The reply to an event does it
// where a broker waits for it; otherwise the continuation is sent, for else
// nobody would come before the connectors have ended.
func (h *Handler) hand(ctx context.Context, a Asked, told events.Payload) error {
	c, ok := told.(*events.SyncContinuation)
	if !ok || !h.sends(ctx, a, c) {
		return nil
	}
	e, err := news(ctx, a, c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sinkWithin)
	defer cancel()
	return h.Next.Send(ctx, e)
}

// sends tells that a continuation is sent rather than replied.
func (h *Handler) sends(ctx context.Context, a Asked, c *events.SyncContinuation) bool {
	if h.Next == nil {
		return false
	}
	return a.Cause == nil || !h.Replies || gone(ctx) || c.Continuation%repliesInARow == 0
}

// tell sends the result of a request whose answer does not bring it to the sink:
// of a Job, of what was posted, and of an event whose sender has gone.
func (h *Handler) tell(ctx context.Context, a Asked, told events.Payload) error {
	if _, is := told.(*events.SyncResult); !is || h.Sink == nil {
		return nil
	}
	e, err := news(ctx, a, told)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sinkWithin)
	defer cancel()
	return h.Sink.Send(ctx, e)
}

// news makes an event about a sync, as a part of its trace.
func news(ctx context.Context, a Asked, told events.Payload) (event.Event, error) {
	e, err := events.New(events.Origin{Source: events.FromSync, Cause: a.Cause}, told)
	if err == nil {
		host.Trace(ctx, &e)
	}
	return e, err
}

// gone tells that the client does not wait for the answer any more.
func gone(ctx context.Context) bool { return errors.Is(context.Cause(ctx), host.ErrClientGone) }

// reply makes the answer to an event; nil for a continuation that a Broker was
// sent.
func (h *Handler) reply(ctx context.Context, a Asked, told events.Payload) (*event.Event, error) {
	if c, ok := told.(*events.SyncContinuation); ok && h.Replies && h.sends(ctx, a, c) {
		return nil, nil
	}
	e, err := events.New(events.Origin{Source: events.FromSync, Cause: a.Cause}, told)
	if err != nil {
		return nil, err
	}
	return &e, nil
}
