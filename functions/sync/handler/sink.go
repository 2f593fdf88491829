package handler

import (
	"context"
	"sync"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
)

// sinkWithin is how long a sink may take. It is waited for once the sync is over,
// not before.
const sinkWithin = 10 * time.Second

// teller tells the sink what happens on the way. What cannot be told stops
// nothing: the result is what counts.
type teller struct {
	handler *Handler
	ctx     context.Context
	asked   Asked
	sending sync.WaitGroup
}

// observe implements engine.Request.Observe.
func (t *teller) observe(e engine.Event) {
	switch {
	case t.handler.Sink == nil:
	case e.Kind == engine.SchemaChanged:
		t.sending.Go(func() { t.sendChange(e) })
	case e.Kind == engine.Started && !e.Resumed:
		t.sending.Go(func() { t.send(e) })
	}
}

func (t *teller) send(e engine.Event) {
	started, err := news(t.ctx, t.asked, &events.SyncStart{
		Run: t.asked.Request.Run, Sync: e.Sync, Epoch: e.Epoch, Started: time.Now(),
	})
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), sinkWithin)
		defer cancel()
		err = t.handler.Sink.Send(ctx, started)
	}
	if err != nil {
		host.Log(t.ctx).Warn("the sink was not told that the sync has started", "error", err)
	}
}
