package handler

import (
	"context"

	"knelt.dev/events"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/schemachange"
)

// sendChange tells the sink that the source's schema is not what it was.
func (t *teller) sendChange(e engine.Event) {
	changed, err := events.New(events.Origin{Source: events.FromSync, Cause: t.asked.Cause}, schemaChange(t.asked, e))
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), sinkWithin)
		defer cancel()
		err = t.handler.Sink.Send(ctx, changed)
	}
	if err != nil {
		host.Log(t.ctx).Warn("the sink was not told that the source's schema has changed", "error", err)
	}
}

func schemaChange(a Asked, e engine.Event) *events.SchemaChange {
	c := &events.SchemaChange{Run: a.Request.Run, Sync: e.Sync, Breaking: e.Schema.Breaking(), Stopped: e.Schema.Stopped}
	for _, s := range e.Schema.Streams {
		c.Changes = append(c.Changes, streamChange(s))
	}
	return c
}

func streamChange(s schemachange.Stream) events.StreamChange {
	c := events.StreamChange{Stream: s.Stream, Change: events.ChangeKind(s.Change), Notes: s.Notes, Breaking: s.Breaking}
	for _, f := range s.Fields {
		c.Fields = append(c.Fields, events.FieldChange{Path: f.Path, Change: events.ChangeKind(f.Change), From: f.From, To: f.To, Of: f.Of})
	}
	return c
}

// pause says why a connection is to be paused; "" if it is not.
func pause(r engine.Result) string {
	if r.SchemaChange == nil || !r.SchemaChange.Stopped {
		return ""
	}
	return "the source's schema changed: " + r.SchemaChange.String()
}
