package notify

import (
	"context"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
)

// Handler takes the events that tell how syncs end and that schemas have changed,
// and has the webhooks of their connections told. It is safe for concurrent use, in
// several processes.
type Handler struct {
	Memory Memory
	// Courier is woken where there is something to tell. Nobody waits for it.
	Courier *Courier
}

// Types are those of the events that Handle wants.
var Types = []string{
	events.SyncSucceeded, events.SyncIncomplete, events.SyncFailed, events.SyncCancelled, events.ConnectionSchemaChanged,
}

// Handle writes down what an event is an occasion for; there is no reply. Others
// than Types are passed over. The error is the memory's, and means that the event
// has to come again. How long webhooks take is of no concern to it.
func (h *Handler) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	p, err := events.Decode(e)
	if err != nil {
		return nil, err
	}
	switch p := p.(type) {
	case *events.SyncResult:
		return nil, h.learn(ctx, Syncs, p.Connection, func(s Standing) (Standing, *Message) { return ofSync(s, p) })
	case *events.SchemaChange:
		return nil, h.learn(ctx, Schema, p.Connection, func(s Standing) (Standing, *Message) {
			if s.Schema == p.EventID() {
				return s, nil
			}
			m := ofChange(p, e.Time())
			s.Schema = p.EventID()
			return s, &m
		})
	}
	return nil, nil
}

func ofSync(s Standing, r *events.SyncResult) (Standing, *Message) {
	occasion, now := Transition(s, r)
	if occasion == "" {
		return now, nil
	}
	m := ofResult(occasion, now, r)
	return now, &m
}

// learn keeps what an event makes of a standing.
func (h *Handler) learn(ctx context.Context, t Topic, ref events.Ref, by func(Standing) (Standing, *Message)) error {
	said := false
	err := h.Memory.ChangeStanding(ctx, t, ref.String(), func(before Standing) (Standing, bool) {
		now, message := by(before)
		if said = message != nil; said {
			now = now.with(*message)
		}
		// Otherwise it is old news.
		return now, !now.Ended.Equal(before.Ended) || now.Schema != before.Schema
	})
	if err == nil && said {
		h.Courier.Wake(ref)
	}
	return err
}

// Dashboard gives links to the dashboard at a URL, for Courier.Link.
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
