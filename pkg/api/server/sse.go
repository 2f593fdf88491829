package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

// beatEvery is how often a silent stream gives a sign of life: proxies cut what
// says nothing for a minute, and a client that has gone is found by writing.
const beatEvery = 15 * time.Second

// eventWriter writes server-sent events. Its methods may be called by several
// goroutines.
type eventWriter struct {
	mu sync.Mutex
	to *host.StreamWriter
}

// send writes one event; id may be empty.
func (w *eventWriter) send(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id != "" {
		id = "id: " + id + "\n"
	}
	// JSON on one line holds no newline.
	if _, err := fmt.Fprintf(w.to, "event: %s\n%sdata: %s\n\n", name, id, text); err != nil {
		return err
	}
	return w.to.Flush()
}

func (w *eventWriter) comment(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintf(w.to, ": %s\n\n", text); err != nil {
		return err
	}
	return w.to.Flush()
}

// stream answers with events until there are no more, the client has gone, or
// the server has to end: then a last event tells the client to come again.
func (s *Server) stream(ctx context.Context, r *request, begin streamer) (*host.Response, error) {
	if r.Method == http.MethodHead {
		return &host.Response{}, nil
	}
	run, err := begin(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.limits.enter(r.who); err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}, "X-Accel-Buffering": {"no"}}
	return &host.Response{Status: r.operation.Status, Header: header, Stream: func(ctx context.Context, to *host.StreamWriter) error {
		defer s.limits.leave(r.who)
		return streamed(ctx, &eventWriter{to: to}, run)
	}}, nil
}

func streamed(parent context.Context, w *eventWriter, run func(context.Context, *eventWriter) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { beat(ctx, cancel, w) })
	if err := w.comment("knelt"); err != nil {
		return host.ErrClientGone
	}
	err := run(ctx, w)
	if ctx.Err() == nil || parent.Err() != nil && context.Cause(parent) == host.ErrClientGone { //nolint:errorlint // it is the cause itself
		return err
	}
	return w.send("end", "", api.End{})
}

// beat gives signs of life, and ends the stream when the client does not take
// them or the server has to end.
func beat(ctx context.Context, cancel context.CancelFunc, w *eventWriter) {
	defer cancel()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-host.Draining(ctx):
			return
		case <-tick.C:
			if w.comment("") != nil {
				return
			}
		}
	}
}
