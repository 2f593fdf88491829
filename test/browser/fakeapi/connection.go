package fakeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

func (w *World) detail(_ *host.Call, c *Connection) (*host.Response, error) {
	spec, err := json.Marshal(map[string]any{"source": c.Source, "destination": c.Destination})
	d := Detail{Connection: *c, Streams: streamsOf(c), Spec: spec}
	if c.Name == "stock" {
		d.SchemaChange = w.schemaChange()
	}
	if err != nil {
		return nil, err
	}
	return host.JSON(http.StatusOK, d)
}

func (w *World) schemaChange() *SchemaChange {
	stream := func(name string) airbyte.Descriptor { return airbyte.Descriptor{Namespace: "public", Name: name} }
	return &SchemaChange{Found: w.start.Add(-20 * time.Minute), Breaking: true, Changes: []StreamChange{
		{Stream: stream("bundles"), Change: "added"},
		{Stream: stream("old_prices"), Change: "removed"},
		{Stream: stream("stock"), Change: "changed", Fields: []FieldChange{
			{Path: []string{"updated_at"}, Change: "removed"}, {Path: []string{"changed_at"}, Change: "added"}, {Path: []string{"size", "height"}, Change: "changed"},
		}},
	}}
}

func pausing(paused bool) func(*host.Call, *Connection) (*host.Response, error) {
	return func(_ *host.Call, c *Connection) (*host.Response, error) {
		c.Paused, c.PausedBy = paused, ""
		if paused {
			c.PausedBy = "api"
		}
		return host.JSON(http.StatusOK, c)
	}
}

// syncs lists up to 90 of them.
func (w *World) syncs(call *host.Call, c *Connection) (*host.Response, error) {
	rows := []SyncRow{}
	for id := lastID(c); id > max(0, lastID(c)-90); id-- {
		rows = append(rows, w.syncOf(c, id).SyncRow)
	}
	return paged(call, rows)
}

func (w *World) startSync(call *host.Call, c *Connection) (*host.Response, error) {
	var wish api.SyncWish
	if err := call.JSON(&wish); err != nil {
		return nil, err
	}
	if wish.Kind == api.KindReset && !slices.Contains(w.Scopes, "admin") {
		return nil, host.Because(host.Forbidden, errors.New("a reset, which deletes rows, needs the scope admin"))
	}
	if c.Running != nil {
		return nil, host.Because(host.Held, errors.New("the connection is being synced"))
	}
	w.run(c, Sync{SyncRow: SyncRow{Kind: wish.Kind}, Refresh: wish.Refresh})
	return host.JSON(http.StatusAccepted, api.Accepted{Run: fmt.Sprintf("%s/%d", key(c), lastID(c)), Due: time.Now().UTC()})
}

func (w *World) sync(call *host.Call, c *Connection) (*host.Response, error) {
	id, err := w.id(call, c)
	if err != nil {
		return nil, err
	}
	s := w.syncOf(c, id)
	if s.Status == api.Running {
		s.Attempts = slices.Clone(s.Attempts)
		s.Attempts[len(s.Attempts)-1].Ledger = sofar(w.progressOf(s, c))
	}
	return host.JSON(http.StatusOK, s)
}

// id is the path's, of a sync that there is.
func (w *World) id(call *host.Call, c *Connection) (int64, error) {
	id, err := strconv.ParseInt(call.Params["id"], 10, 64)
	if err != nil || id < 1 || id > lastID(c) {
		return 0, host.Because(host.NotFound, fmt.Errorf("%s has no sync %s", key(c), call.Params["id"]))
	}
	return id, nil
}

// cancel has what runs end half a second later.
func (w *World) cancel(call *host.Call, c *Connection) (*host.Response, error) {
	id, err := w.id(call, c)
	if err != nil {
		return nil, err
	}
	if c.Running == nil || c.Running.ID != id {
		return nil, host.Because(host.Held, errors.New("it does not run any more"))
	}
	c.Running.Cancelling = true
	s := w.running(c)
	s.Cancelling = true
	time.AfterFunc(500*time.Millisecond, func() { w.end(c, api.Cancelled) })
	return host.JSON(http.StatusAccepted, s)
}
