package server

import (
	"context"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// filter chooses rows.
type filter struct {
	search   string
	statuses []string
	paused   string
}

func (f filter) wants(c api.Connection) bool {
	return (len(f.statuses) == 0 || slices.Contains(f.statuses, string(c.Status))) &&
		(f.paused == "" || c.Paused == (f.paused == "true")) &&
		(f.search == "" || holds(f.search, keyOf(c), c.Source, c.Destination))
}

func holds(search string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), search) })
}

// name orders rows in cursors: no name of Kubernetes holds a slash.
func cursorOf(c api.Connection) string { return encodeCursor(c.Namespace + "/" + c.Name) }

func (s *Server) listConnections(ctx context.Context, r *request) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	last, err := decodeCursor(r.Query.Get("cursor"))
	if err != nil {
		return nil, err
	}
	rows, err := s.view.get(ctx)
	if err != nil {
		return nil, err
	}
	f := filter{strings.ToLower(r.Query.Get("search")), r.Query["status"], r.Query.Get("paused")}
	return pageOf(rows, last, limit, f.wants), nil
}

// pageOf gives the rows behind last that are wanted.
func pageOf(rows []api.Connection, last string, limit int, wants func(api.Connection) bool) api.Page[api.Connection] {
	page := api.Page[api.Connection]{Items: []api.Connection{}}
	namespace, name, _ := strings.Cut(last, "/")
	behind := api.Connection{Namespace: namespace, Name: name}
	from := 0
	if last != "" {
		from = sort.Search(len(rows), func(i int) bool { return compareRows(rows[i], behind) > 0 })
	}
	for _, row := range rows[from:] {
		if !wants(row) {
			continue
		}
		if len(page.Items) == limit {
			page.Next = cursorOf(page.Items[limit-1])
			break
		}
		page.Items = append(page.Items, row)
	}
	return page
}

func (s *Server) getCounts(ctx context.Context, _ *request) (any, error) {
	rows, err := s.view.get(ctx)
	if err != nil {
		return nil, err
	}
	c := api.Counts{Total: len(rows)}
	since := s.now().Add(-24 * time.Hour)
	for _, row := range rows {
		if row.Paused {
			c.Paused++
		}
		switch row.Status {
		case api.Running:
			c.Running++
		case api.Failed:
			c.Failed++
		case api.Incomplete:
			c.Incomplete++
		}
		if row.Last != nil && row.Last.Status == api.Succeeded && row.Last.Ended.After(since) {
			c.Succeeded24h++
		}
	}
	return c, nil
}

// row gives the row of a connection as it stands now.
func (s *Server) row(ctx context.Context, r *request) (api.Connection, Document, error) {
	d, err := s.Documents.Connection(ctx, r.ref)
	if err != nil {
		return api.Connection{}, d, err
	}
	p, err := s.Plans.Plan(ctx, r.key())
	if err != nil {
		return api.Connection{}, d, err
	}
	row := rowOf(d, p)
	err = s.live(ctx, &row)
	return row, d, err
}

func (s *Server) getConnection(ctx context.Context, r *request) (any, error) {
	row, d, err := s.row(ctx, r)
	if err != nil {
		return nil, err
	}
	detail := api.ConnectionDetail{Connection: row}
	if detail.SchemaChange, err = s.schemaChange(ctx, r.key()); err != nil {
		return nil, err
	}
	if detail.Spec, err = specOf(d.Connection); err != nil {
		return nil, err
	}
	detail.Streams, err = s.streams(ctx, d, r.key())
	return detail, err
}

// specOf gives a connection's spec. Only whom it notifies may be secret: URLs of
// webhooks are keys themselves.
func specOf(c *connection.Connection) (json.RawMessage, error) {
	text, err := json.Marshal(c.Spec)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	const notifications = "notifications"
	if members[notifications] == nil {
		return text, nil
	}
	members[notifications] = shown(members[notifications])
	return json.Marshal(members)
}

// streams lists what the document selects, and what has a generation or a state.
func (s *Server) streams(ctx context.Context, d Document, key string) ([]api.Stream, error) {
	generations, err := s.Store.Generations(ctx, key)
	if err != nil {
		return nil, err
	}
	checkpoint, err := s.Store.Checkpoint(ctx, key)
	if err != nil {
		return nil, err
	}
	all := map[airbyte.Descriptor]*api.Stream{}
	at := func(d airbyte.Descriptor) *api.Stream {
		if all[d] == nil {
			all[d] = &api.Stream{Namespace: d.Namespace, Name: d.Name}
		}
		return all[d]
	}
	for _, sel := range d.Spec.Streams {
		*at(airbyte.Descriptor{Namespace: sel.Namespace, Name: sel.Name}) = api.Stream{
			Namespace: sel.Namespace, Name: sel.Name, SyncMode: sel.SyncMode, DestinationSyncMode: sel.DestinationSyncMode,
			CursorField: sel.CursorField, PrimaryKey: sel.PrimaryKey, Selected: true,
		}
	}
	for stream, generation := range generations {
		at(stream).Generation = generation
		at(stream).Selected = at(stream).Selected || len(d.Spec.Streams) == 0
	}
	whole := false
	for _, p := range checkpoint.Positions {
		if p.Kind == airbyte.StreamState {
			at(p.Stream).State = true
		} else {
			whole = true
		}
	}
	list := make([]api.Stream, 0, len(all))
	for _, stream := range all {
		stream.State = stream.State || whole
		list = append(list, *stream)
	}
	slices.SortFunc(list, func(a, b api.Stream) int {
		return store.CompareStreams(airbyte.Descriptor{Namespace: a.Namespace, Name: a.Name}, airbyte.Descriptor{Namespace: b.Namespace, Name: b.Name})
	})
	return list, nil
}

// pause pauses a connection, or lets it go on.
func (s *Server) pause(paused bool) answerer {
	return func(ctx context.Context, r *request) (any, error) {
		if _, err := s.Documents.Connection(ctx, r.ref); err != nil {
			return nil, err
		}
		if err := s.Scheduler.Pause(ctx, r.ref, paused); err != nil {
			return nil, err
		}
		row, _, err := s.row(ctx, r)
		if err == nil {
			s.view.put(row)
		}
		return row, err
	}
}
