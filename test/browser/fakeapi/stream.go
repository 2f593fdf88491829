package fakeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// sse answers with a stream of events.
func sse(stream host.Stream) (*host.Response, error) {
	return &host.Response{Header: http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}}, Stream: stream}, nil
}

func send(w *host.StreamWriter, event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return err
	}
	return w.Flush()
}

// events are the rows that change.
func (w *World) events(context.Context, *host.Call) (*host.Response, error) {
	rows := make(chan Connection, 64)
	w.mu.Lock()
	w.followers[rows] = true
	w.mu.Unlock()
	return sse(func(ctx context.Context, out *host.StreamWriter) error {
		defer func() {
			w.mu.Lock()
			delete(w.followers, rows)
			w.mu.Unlock()
		}()
		if _, err := fmt.Fprint(out, ": open\n\n"); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		for {
			select {
			case row := <-rows:
				if err := send(out, "row", row); err != nil {
					return err // the client has gone
				}
			case <-host.Draining(ctx):
				return send(out, "end", map[string]any{})
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// progress tells of a running sync five times a second, until it has ended.
func (w *World) progress(call *host.Call, c *Connection) (*host.Response, error) {
	id, err := w.id(call, c)
	if err != nil {
		return nil, err
	}
	return sse(func(ctx context.Context, out *host.StreamWriter) error {
		for {
			p, status := w.now(c, id)
			if status != api.Running {
				return send(out, "end", map[string]any{"status": status})
			}
			if err := send(out, "progress", p); err != nil {
				return err // the client has gone
			}
			select {
			case <-time.After(200 * time.Millisecond):
			case <-host.Draining(ctx):
				return send(out, "end", map[string]any{})
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// now is how far a sync is: some thousand rows a second, stream after stream.
func (w *World) now(c *Connection, id int64) (Progress, api.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.syncOf(c, id)
	if s.Status != api.Running {
		return Progress{}, s.Status
	}
	return w.progressOf(s, c), api.Running
}

// sofar is the ledger of an attempt that runs.
func sofar(p Progress) *replication.Ledger {
	l := &replication.Ledger{Outcome: store.Running, Total: replication.Counts{Relayed: p.Records, Bytes: p.Bytes}}
	for _, s := range p.Streams {
		l.Streams = append(l.Streams, replication.StreamLedger{
			Stream: s.Stream, Counts: replication.Counts{Relayed: s.Read, Bytes: s.Bytes, DestinationSaid: s.Written}, Estimate: s.Estimate, Status: s.Status, Complete: s.Complete,
		})
	}
	return l
}

func (w *World) progressOf(s Sync, c *Connection) Progress {
	at := time.Now().UTC()
	p := Progress{ID: s.ID, Status: api.Running, Attempt: len(s.Attempts), At: at}
	rows := int64(at.Sub(s.Attempts[len(s.Attempts)-1].Started).Seconds() * 4210)
	for i, estimate := range []int64{168, 1_480_000, 0} {
		stream := streamsOf(c)[i]
		sp := StreamProgress{Stream: airbyte.Descriptor{Namespace: stream.Namespace, Name: stream.Name}, Estimate: estimate}
		if full := estimate; full > 0 && rows >= full {
			sp.Read, sp.Written, sp.Status, sp.Complete = full, &full, airbyte.Complete, true
		} else if rows > 0 {
			committed := rows / 5000 * 5000
			sp.Read, sp.Written, sp.Status = rows, &committed, airbyte.Running
		}
		rows = max(0, rows-sp.Read)
		if estimate == 0 {
			rows = 0
		}
		sp.Bytes = sp.Read * 261
		p.Streams = append(p.Streams, sp)
		p.Records += sp.Read
		p.Bytes += sp.Bytes
	}
	return p
}

// after tells how many log lines a sync has by now: a few a second.
func after(s Sync) int {
	end := s.Ended
	if end.IsZero() {
		end = time.Now()
	}
	return min(6000, int(math.Ceil(end.Sub(s.Started).Seconds()*4))+3)
}
