package serve

import (
	"context"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/scheduler"
)

// planned are the documents as the scheduler wants them.
type planned struct{ *Folder }

// List implements scheduler.Documents.
func (p planned) List(context.Context) ([]scheduler.Document, error) {
	r, err := p.documents()
	if err != nil {
		return nil, err
	}
	list := make([]scheduler.Document, 0, len(r.Set.Connections))
	for name, c := range r.Set.Connections {
		d := scheduler.Document{Ref: events.Ref{Namespace: c.Metadata.Namespace, Name: name}, Connection: c}
		source, sourceErr := r.SourceOf(c)
		destination, destinationErr := r.DestinationOf(c)
		if sourceErr != nil || destinationErr != nil {
			d.Problem = r.problems[name]
		}
		d.Revision = connection.Revision(c, source, destination, d.Problem)
		list = append(list, d)
	}
	return list, nil
}

// Version differs once the documents do.
func (p planned) Version(context.Context) (string, error) {
	if _, err := p.documents(); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started + strconv.Itoa(p.version), nil
}

// Send implements scheduler.Emitter: what is asked for is run here.
func (r *runs) Send(_ context.Context, e event.Event) error {
	p, err := events.Decode(e)
	if err != nil {
		return err
	}
	request, is := p.(*events.SyncRequest)
	if !is {
		return &events.UnknownTypeError{Type: e.Type(), Known: []string{events.SyncRequested}}
	}
	return r.start(*request)
}

// starts tells the scheduler what the sync handler tells a sink.
type starts struct{ *scheduler.Scheduler }

// Send implements handler.Sink.
func (s starts) Send(ctx context.Context, e event.Event) error {
	p, err := events.Decode(e)
	if err != nil {
		return err
	}
	if start, is := p.(*events.SyncStart); is {
		return s.Started(ctx, start)
	}
	return nil // of others it is told otherwise
}

// tickEvery is how often it is looked what is due: schedules know minutes.
const tickEvery = time.Second

// tick ticks until ctx ends. What goes wrong is told to the log once it is news,
// and is for the next tick.
func (r *runs) tick(ctx context.Context, s *scheduler.Scheduler) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for last := ""; ; {
		_, err := s.Tick(ctx, time.Now())
		switch {
		case err == nil:
			last = ""
		case ctx.Err() == nil && err.Error() != last:
			last = err.Error()
			r.log.Error("a tick of the scheduler", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
