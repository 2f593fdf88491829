package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// levels from the gravest down.
var levels = []synclog.Level{synclog.Fatal, synclog.Error, synclog.Warn, synclog.Info, synclog.Debug, synclog.Trace}

// logQuery reads what of a log is wanted.
func logQuery(r *request) synclog.Query {
	q := synclog.Query{}
	if level := r.Query.Get("level"); level != "" {
		q.Levels = levels[:slices.Index(levels, synclog.Level(strings.ToUpper(level)))+1]
	}
	for _, origin := range r.Query["origin"] {
		q.Origins = append(q.Origins, synclog.Origin(origin))
	}
	if search := r.Query.Get("search"); search != "" {
		q.Grep = regexp.MustCompile("(?i)" + regexp.QuoteMeta(search)) // quoted, so it compiles
	}
	q.Since, _ = time.Parse(time.RFC3339, r.Query.Get("since")) // it was looked at before
	return q
}

// logName finds the attempt that is meant.
func (s *Server) logName(ctx context.Context, r *request) (LogName, error) {
	record, err := s.record(ctx, r)
	if err != nil {
		return LogName{}, err
	}
	attempt := r.number("attempt", len(record.Attempts))
	if attempt < 1 || attempt > len(record.Attempts) {
		return LogName{}, fmt.Errorf("sync %d of connection %s has no attempt %d: %w", r.id, r.key(), attempt, store.ErrNotFound)
	}
	return LogName{r.key(), r.id, attempt}, nil
}

func (s *Server) getLogs(ctx context.Context, r *request) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	name, err := s.logName(ctx, r)
	if err != nil {
		return nil, err
	}
	q, offset := logQuery(r), r.number("offset", 0)
	if offset < 0 {
		page, err := lastLines(s.Logs.Read(ctx, name, q), -offset, limit)
		return page, noLog(name, err)
	}
	page, err := lines(s.Logs.Read(ctx, name, q), offset, limit)
	return page, noLog(name, err)
}

// lines gives a page of lines.
func lines(log iter.Seq2[synclog.Entry, error], offset, limit int) (api.LogPage, error) {
	page := api.LogPage{Items: []synclog.Entry{}, Offset: offset}
	at := 0
	for e, err := range log {
		switch {
		case err != nil:
			return page, err
		case at == offset+limit:
			page.Next = at
			return page, nil
		case at >= offset:
			page.Items = append(page.Items, e)
		}
		at++
	}
	page.Offset = min(offset, at)
	return page, nil
}

// lastLines gives a page that begins so many lines before the end. The whole log
// is read, for the place of its lines to be known.
func lastLines(log iter.Seq2[synclog.Entry, error], before, limit int) (api.LogPage, error) {
	var last []synclog.Entry
	all := 0
	for e, err := range log {
		if err != nil {
			return api.LogPage{}, err
		}
		if all++; len(last) == 2*before {
			last = append(last[:0], last[before:]...)
		}
		last = append(last, e)
	}
	last = last[max(0, len(last)-before):]
	page := api.LogPage{Items: last[:min(limit, len(last))], Offset: all - len(last)}
	if len(page.Items) < len(last) {
		page.Next = page.Offset + len(page.Items)
	}
	if page.Items == nil {
		page.Items = []synclog.Entry{}
	}
	return page, nil
}

// noLog tells of a log that is not there (any more).
func noLog(name LogName, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		detail := fmt.Sprintf("there is no log of sync %d-%d of %s (any more)", name.Sync, name.Attempt, name.Connection)
		return &host.Error{Cause: host.NotFound, Detail: detail, Err: err}
	}
	return err
}
