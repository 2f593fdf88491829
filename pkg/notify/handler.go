package notify

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
)

// Handler takes the events that tell how syncs end and that schemas have changed,
// and tells the webhooks of their connections. It is safe for concurrent use;
// events of one connection should come one at a time.
type Handler struct {
	Hooks  Hooks
	Memory Memory
	Sender *Sender
	// Link, if set, gives the address of a sync in the dashboard; sync is 0 for the
	// connection itself.
	Link func(connection events.Ref, sync int64) string
	// Log is told of webhooks that refuse. Default: slog's.
	Log *slog.Logger
}

// Types are those of the events that Handle wants.
var Types = []string{
	events.SyncSucceeded, events.SyncIncomplete, events.SyncFailed, events.SyncCancelled, events.ConnectionSchemaChanged,
}

// Handle tells what an event is an occasion for; there is no reply. Others than
// Types are passed over. The error means that the event has to come again: a
// webhook that is away, the memory. One that refuses is logged, for it would
// refuse again.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	switch p := p.(type) {
	case *events.SyncResult:
		return nil, h.result(ctx, p)
	case *events.SchemaChange:
		return nil, h.change(ctx, p, e)
	}
	return nil, nil
}

func (h *Handler) result(ctx context.Context, r *events.SyncResult) error {
	before, err := h.Memory.Standing(ctx, r.Subject())
	if err != nil {
		return err
	}
	occasion, now := Transition(before, r)
	if now == before {
		return nil
	}
	if occasion != "" {
		if err := h.tell(ctx, ofResult(occasion, now, r)); err != nil {
			return err
		}
	}
	return h.Memory.SaveStanding(ctx, r.Subject(), now)
}

func (h *Handler) change(ctx context.Context, c *events.SchemaChange, e event.Event) error {
	s, err := h.Memory.Standing(ctx, c.Subject())
	if err != nil || s.Schema == c.EventID() {
		return err
	}
	if err := h.tell(ctx, ofChange(c, e.Time())); err != nil {
		return err
	}
	s.Schema = c.EventID()
	return h.Memory.SaveStanding(ctx, c.Subject(), s)
}

// tell sends a message to all webhooks that want it, side by side.
func (h *Handler) tell(ctx context.Context, m Message) error {
	hooks, err := h.Hooks.Hooks(ctx, m.Data.Connection)
	if err != nil {
		return err
	}
	if h.Link != nil {
		m.Data.Link = h.Link(m.Data.Connection, m.Data.Sync)
	}
	failures := make([]error, len(hooks))
	var all sync.WaitGroup
	for i, hook := range hooks {
		if hook.wants(m.Type) {
			all.Go(func() { failures[i] = h.send(ctx, hook, m) })
		}
	}
	all.Wait()
	return errors.Join(failures...)
}

func (h *Handler) send(ctx context.Context, hook Hook, m Message) error {
	err := h.Sender.Send(ctx, hook, m)
	var final *RefusalError
	if !errors.As(err, &final) {
		return err
	}
	log := h.Log
	if log == nil {
		log = slog.Default()
	}
	log.ErrorContext(ctx, "a webhook was not told", "connection", m.Data.Connection.String(), "occasion", string(m.Type), "error", err)
	return nil
}

// Dashboard gives links to the dashboard at a URL, for Handler.Link.
func Dashboard(base string) func(events.Ref, int64) string {
	return func(c events.Ref, sync int64) string {
		namespace := c.Namespace
		if namespace == "" {
			namespace = "-"
		}
		link := strings.TrimSuffix(base, "/") + "/#/connections/" + namespace + "/" + c.Name
		if sync != 0 {
			link += "/syncs/" + strconv.FormatInt(sync, 10)
		}
		return link
	}
}
