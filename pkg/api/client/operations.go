package client

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
)

// Filter chooses connections; the zero Filter chooses all.
type Filter struct {
	Search   string
	Statuses []api.Status
	// Paused, if set, chooses those that are, or are not.
	Paused *bool
}

// Connections gives all connections that are chosen, page by page. An error is
// the last thing given.
func (c *Client) Connections(ctx context.Context, f Filter) iter.Seq2[api.Connection, error] {
	return pages[api.Connection](ctx, c, func() call {
		what := of(api.ListConnections)
		if f.Search != "" {
			what.query.Set("search", f.Search)
		}
		for _, s := range f.Statuses {
			what.query.Add("status", string(s))
		}
		if f.Paused != nil {
			what.query.Set("paused", strconv.FormatBool(*f.Paused))
		}
		return what
	}, api.MaxLimit)
}

// pages gives the items of all pages.
func pages[T any](ctx context.Context, c *Client, what func() call, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			one := what()
			one.query.Set("limit", strconv.Itoa(limit))
			if cursor != "" {
				one.query.Set("cursor", cursor)
			}
			var page api.Page[T]
			if err := c.do(ctx, one, &page); err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = page.Next; cursor == "" {
				return
			}
		}
	}
}

// Connection gives one.
func (c *Client) Connection(ctx context.Context, ref events.Ref) (d api.ConnectionDetail, err error) {
	return d, c.do(ctx, ofConnection(api.GetConnection, ref), &d)
}

// Pause pauses a connection, or lets it go on.
func (c *Client) Pause(ctx context.Context, ref events.Ref, paused bool) (row api.Connection, err error) {
	id := api.ResumeConnection
	if paused {
		id = api.PauseConnection
	}
	return row, c.do(ctx, ofConnection(id, ref), &row)
}

// State gives where a connection goes on from.
func (c *Client) State(ctx context.Context, ref events.Ref) (s api.State, err error) {
	return s, c.do(ctx, ofConnection(api.GetState, ref), &s)
}

// SetState replaces it.
func (c *Client) SetState(ctx context.Context, ref events.Ref, state json.RawMessage) (s api.State, err error) {
	what := ofConnection(api.PutState, ref)
	what.body = api.State{State: state}
	return s, c.do(ctx, what, &s)
}

// Syncs gives syncs of a connection, newest first, pages of that size at a time.
func (c *Client) Syncs(ctx context.Context, ref events.Ref, size int) iter.Seq2[api.SyncRow, error] {
	return pages[api.SyncRow](ctx, c, func() call { return ofConnection(api.ListSyncs, ref) }, min(max(size, 1), api.MaxLimit))
}

// Sync gives one.
func (c *Client) Sync(ctx context.Context, ref events.Ref, id int64) (s api.Sync, err error) {
	return s, c.do(ctx, ofSync(api.GetSync, ref, id), &s)
}

// StartSync has a connection synced now. It is done once, also when the answer is
// lost and the request sent again.
func (c *Client) StartSync(ctx context.Context, ref events.Ref, wish api.SyncWish) (a api.Accepted, err error) {
	what := ofConnection(api.StartSync, ref)
	what.body = wish
	return a, c.do(ctx, what, &a)
}

// CancelSync asks a running sync to end.
func (c *Client) CancelSync(ctx context.Context, ref events.Ref, id int64) (s api.Sync, err error) {
	return s, c.do(ctx, ofSync(api.CancelSync, ref, id), &s)
}

// Check asks a connector whether its config works.
func (c *Client) Check(ctx context.Context, q api.Question) (a api.CheckAnswer, err error) {
	what := of(api.CheckResource)
	what.body = q
	return a, c.do(ctx, what, &a)
}

// Discover asks a source for its catalog.
func (c *Client) Discover(ctx context.Context, q api.Question) (airbyte.StreamCatalog, error) {
	what := of(api.DiscoverResource)
	what.body = q
	var text json.RawMessage
	if err := c.do(ctx, what, &text); err != nil {
		return airbyte.StreamCatalog{}, err
	}
	var catalog airbyte.StreamCatalog
	return catalog, airbyte.Unmarshal(text, &catalog)
}

// Spec asks a connector for its spec.
func (c *Client) Spec(ctx context.Context, q api.Question) (spec json.RawMessage, err error) {
	what := of(api.SpecResource)
	what.body = q
	return spec, c.do(ctx, what, &spec)
}

// Counts counts connections.
func (c *Client) Counts(ctx context.Context) (n api.Counts, err error) {
	return n, c.do(ctx, of(api.GetCounts), &n)
}

// Sources gives all sources.
func (c *Client) Sources(ctx context.Context) iter.Seq2[api.Resource, error] {
	return pages[api.Resource](ctx, c, func() call { return of(api.ListSources) }, api.MaxLimit)
}

// Destinations gives all destinations.
func (c *Client) Destinations(ctx context.Context) iter.Seq2[api.Resource, error] {
	return pages[api.Resource](ctx, c, func() call { return of(api.ListDestinations) }, api.MaxLimit)
}

// Version tells which build the server is.
func (c *Client) Version(ctx context.Context) (v api.Version, err error) {
	return v, c.do(ctx, of(api.GetVersion), &v)
}

// Whoami tells what the token may do.
func (c *Client) Whoami(ctx context.Context) (w api.Whoami, err error) {
	return w, c.do(ctx, of(api.GetWhoami), &w)
}
