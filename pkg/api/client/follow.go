package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/synclog"
)

// LogQuery chooses lines of an attempt's log; the zero LogQuery chooses all of the
// last attempt.
type LogQuery struct {
	Attempt int
	Level   synclog.Level
	Origins []synclog.Origin
	Search  string
}

func (q LogQuery) in(c call) call {
	if q.Attempt > 0 {
		c.query.Set("attempt", strconv.Itoa(q.Attempt))
	}
	if q.Level != "" {
		c.query.Set("level", strings.ToLower(string(q.Level)))
	}
	for _, o := range q.Origins {
		c.query.Add("origin", string(o))
	}
	if q.Search != "" {
		c.query.Set("search", q.Search)
	}
	return c
}

// Logs gives the lines that are there, page by page; from is as the API's offset,
// where a negative one is so many lines before the end.
func (c *Client) Logs(ctx context.Context, ref events.Ref, sync int64, q LogQuery, from int) iter.Seq2[synclog.Entry, error] {
	return func(yield func(synclog.Entry, error) bool) {
		for {
			what := q.in(ofSync(api.GetLogs, ref, sync))
			what.query.Set("limit", strconv.Itoa(api.MaxLimit))
			what.query.Set("offset", strconv.Itoa(from))
			var page api.LogPage
			if err := c.do(ctx, what, &page); err != nil {
				yield(synclog.Entry{}, err)
				return
			}
			for _, e := range page.Items {
				if !yield(e, nil) {
					return
				}
			}
			if from = page.Next; from == 0 {
				return
			}
		}
	}
}

// FollowLogs gives all lines and goes on with those that are written, until the
// attempt has ended. A connection that breaks is made again, behind the last line
// that came.
func (c *Client) FollowLogs(ctx context.Context, ref events.Ref, sync int64, q LogQuery) iter.Seq2[synclog.Entry, error] {
	return func(yield func(synclog.Entry, error) bool) {
		what := q.in(ofSync(api.FollowLogs, ref, sync))
		for m, err := range c.follow(ctx, what) {
			var e synclog.Entry
			if err == nil && m.name == "line" {
				err = json.Unmarshal(m.data, &e)
			} else if err == nil {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// FollowSync gives how far a sync is, until it has ended; its status is then in
// the last Progress.
func (c *Client) FollowSync(ctx context.Context, ref events.Ref, sync int64) iter.Seq2[api.Progress, error] {
	return func(yield func(api.Progress, error) bool) {
		for m, err := range c.follow(ctx, ofSync(api.FollowSync, ref, sync)) {
			var p api.Progress
			if err == nil && m.name == "progress" {
				err = json.Unmarshal(m.data, &p)
			} else if err == nil {
				continue
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// message is one server-sent event.
type message struct {
	name, id string
	data     []byte
}

// errCutShort is a stream that ended without its end.
var errCutShort = errors.New("the server's stream of events was cut short")

// followTries is how often in a row a stream is opened again that brings nothing.
const followTries = 5

// follow gives the events of a stream. An end without a status means that the
// server is being restarted, or that the request's time is up: then the stream
// is opened again, as after a connection that broke.
func (c *Client) follow(ctx context.Context, what call) iter.Seq2[message, error] {
	return func(yield func(message, error) bool) {
		for fruitless := 0; ; fruitless++ {
			over, err := c.stream(ctx, what, func(m message) bool {
				fruitless = 0
				if m.id != "" {
					what.header.Set("Last-Event-ID", m.id)
				}
				return yield(m, nil)
			})
			if over {
				return
			}
			var answered *Error
			if errors.As(err, &answered) || fruitless == followTries || c.pause(ctx, time.Second) != nil {
				yield(message{}, errors.Join(err, ctx.Err()))
				return
			}
		}
	}
}

// stream reads one stream; over tells that there is no more to come, or that
// nobody wants it.
func (c *Client) stream(ctx context.Context, what call, give func(message) bool) (over bool, err error) {
	what.header.Set("Accept", "text/event-stream")
	answer, err := c.send(ctx, what)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if t := answer.Header.Get("Content-Type"); !strings.HasPrefix(t, "text/event-stream") {
		return false, &Error{Problem: api.Problem{Status: http.StatusBadGateway, Title: "the server's stream is " + t}}
	}
	lines := bufio.NewReader(answer.Body)
	for {
		m, err := readMessage(lines)
		if err != nil {
			return false, errors.Join(errCutShort, err)
		}
		if m.name == "end" {
			var e api.End
			if err := json.Unmarshal(m.data, &e); err != nil {
				return false, err
			}
			return e.Status != "", errCutShort
		}
		if !give(m) {
			return true, nil
		}
	}
}

// readMessage reads one event (WHATWG HTML, server-sent events); comments are
// passed over.
func readMessage(r *bufio.Reader) (m message, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return m, errors.Join(err, io.ErrUnexpectedEOF)
		}
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && m.name != "":
			return m, nil
		case line == "":
			m = message{}
		case field == "event":
			m.name = value
		case field == "id":
			m.id = value
		case field == "data":
			m.data = append(m.data, value...)
		}
	}
}
