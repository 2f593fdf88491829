package fakeapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/synclog"
)

// line is a sync's line of a number, always the same.
func line(c *Connection, s Sync, n int) synclog.Entry {
	r := chance(key(c), s.ID, n, "log")
	e := synclog.Entry{Time: s.Started.Add(time.Duration(n) * 250 * time.Millisecond).UTC().Truncate(time.Millisecond), Level: synclog.Info, Origin: synclog.Source, Output: synclog.Stdout}
	switch p := r.IntN(100); {
	case n == 0:
		e.Origin, e.Output, e.Message = synclog.Engine, "", "sync begins"
		e.Fields = map[string]any{"attempt": len(s.Attempts), "source": c.Source, "destination": c.Destination}
	case p < 3:
		e.Level, e.Message = synclog.Warn, "the server asks to slow down: waiting 2 s"
		e.Fields = map[string]any{"status": 429}
	case p < 4 && s.Status == api.Failed:
		e.Level, e.Message = synclog.Error, "the page of 10,000 rows does not fit into memory"
	case p < 30:
		e.Origin, e.Message = synclog.Destination, fmt.Sprintf("committed batch %d of %s, %d rows", n, c.Name, 1000+r.IntN(4000))
	case p < 40:
		e.Origin, e.Output, e.Level, e.Message = synclog.Engine, "", synclog.Debug, "checkpoint kept"
		e.Fields = map[string]any{"stream": "public." + c.Name, "epoch": s.ID + 3}
	case p < 42:
		e.Output, e.Message = synclog.Stderr, "Traceback (most recent call last):\n  File \"source.py\", line 88, in read\n    return next(pages)\nretrying"
	default:
		e.Message = fmt.Sprintf("read page %d of public.%s, cursor 2026-03-14T09:%02d:%02dZ", n, c.Name, r.IntN(60), r.IntN(60))
	}
	return e
}

// gravity of levels, the gravest first.
var gravity = []synclog.Level{synclog.Fatal, synclog.Error, synclog.Warn, synclog.Info, synclog.Debug, synclog.Trace}

func chosen(call *host.Call, e synclog.Entry) bool {
	if level := call.Query.Get("level"); level != "" && slices.Index(gravity, e.Level) > slices.Index(gravity, synclog.ParseLevel(level)) {
		return false
	}
	if origins := call.Query["origin"]; len(origins) > 0 && !slices.Contains(origins, string(e.Origin)) {
		return false
	}
	return strings.Contains(strings.ToLower(e.Message), strings.ToLower(call.Query.Get("search")))
}

func (w *World) lines(call *host.Call, c *Connection, s Sync) []synclog.Entry {
	all := []synclog.Entry{}
	for n := range after(s) {
		if e := line(c, s, n); chosen(call, e) {
			all = append(all, e)
		}
	}
	return all
}

// logs is a part of a log. A negative offset counts from the end.
func (w *World) logs(call *host.Call, c *Connection) (*host.Response, error) {
	id, err := w.id(call, c)
	if err != nil {
		return nil, err
	}
	all := w.lines(call, c, w.syncOf(c, id))
	offset := number(call, "offset", 0)
	if offset < 0 {
		offset = max(0, len(all)+offset)
	}
	offset = min(offset, len(all))
	end := min(offset+number(call, "limit", 50), len(all))
	answer := map[string]any{"items": all[offset:end], "offset": offset}
	if end < len(all) {
		answer["next"] = end
	}
	return host.JSON(http.StatusOK, answer)
}

// follow is a log as it grows, until the sync has ended.
func (w *World) follow(call *host.Call, c *Connection) (*host.Response, error) {
	id, err := w.id(call, c)
	if err != nil {
		return nil, err
	}
	return sse(func(ctx context.Context, out *host.StreamWriter) error {
		for sent := -1; ; {
			w.mu.Lock()
			s := w.syncOf(c, id)
			all := w.lines(call, c, s)
			w.mu.Unlock()
			if sent < 0 {
				sent = max(0, len(all)-number(call, "tail", len(all)))
			}
			for ; sent < len(all); sent++ {
				if err := send(out, "line", all[sent]); err != nil {
					return err // the client has gone
				}
			}
			if s.Status != api.Running {
				return send(out, "end", map[string]any{"status": s.Status})
			}
			select {
			case <-time.After(250 * time.Millisecond):
			case <-host.Draining(ctx):
				return send(out, "end", map[string]any{})
			case <-ctx.Done():
				return nil
			}
		}
	})
}
