package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// many adds connections to the documents.
func (w *world) many(n int) {
	for i := range n {
		name := fmt.Sprintf("c-%05d", i)
		c := &connection.Connection{Metadata: connection.Metadata{Namespace: fmt.Sprintf("ns-%d", i%3), Name: name}}
		c.Spec.Source, c.Spec.Destination = fmt.Sprintf("src-%d", i%7), "lake"
		w.set.Connections[name] = c
	}
}

func names(items []api.Connection) []string {
	all := make([]string, len(items))
	for i, c := range items {
		all[i] = c.Namespace + "/" + c.Name
	}
	return all
}

func TestPagesOfAListMeetEveryItemOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.many(57)
	whole := names(get[api.Page[api.Connection]](t, w, api.ListConnections, "/connections?limit=500").Items)
	if len(whole) != 60 || !slices.IsSorted(whole) {
		t.Fatalf("%d: %v", len(whole), whole)
	}
	for _, limit := range []int{1, 7, 59, 60, 61} {
		var met []string
		for cursor, pages := "", 0; ; pages++ {
			page := get[api.Page[api.Connection]](t, w, api.ListConnections, fmt.Sprintf("/connections?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)))
			met = append(met, names(page.Items)...)
			if cursor = page.Next; cursor == "" {
				break
			}
			if pages > 60 {
				t.Fatal("there is no end")
			}
		}
		if !slices.Equal(met, whole) {
			t.Errorf("by %d: %v", limit, met)
		}
	}
}

func TestAListIsSearchedAndFiltered(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	end(t, l, begin(t, l, `{}`), store.Failed, "no")
	w.plans.set(server.Plan{Connection: "local", Paused: true, By: api.PausedByAPI, Next: time.Now()})
	for query, want := range map[string][]string{
		"":                           {"/local", "shop/broken", "shop/orders"},
		"search=ORD":                 {"shop/orders"},
		"search=shop/":               {"shop/broken", "shop/orders"},
		"search=gone":                {"shop/broken"},
		"search=nowhere":             {},
		"status=failed":              {"shop/orders"},
		"status=failed&status=never": {"/local", "shop/broken", "shop/orders"},
		"paused=true":                {"/local"},
		"paused=false&search=a":      {"shop/broken", "shop/orders"},
	} {
		page := get[api.Page[api.Connection]](t, w, api.ListConnections, "/connections?"+query)
		if got := names(page.Items); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if c := get[api.Counts](t, w, api.GetCounts, "/counts"); c != (api.Counts{Total: 3, Failed: 1, Paused: 1}) {
		t.Errorf("%+v", c)
	}
}

// TestRowsSayWhatTheRecordsSay: the plan knows nothing of what was started by
// hand, or was killed.
func TestRowsSayWhatTheRecordsSay(t *testing.T) {
	w := newWorld(t, nil)
	row := func() api.Connection {
		t.Helper()
		detail := get[api.ConnectionDetail](t, w, api.GetConnection, "/connections/shop/orders")
		return detail.Connection
	}
	if r := row(); r.Status != api.Never || r.Last != nil || r.Running != nil {
		t.Errorf("%+v", r)
	}
	l := w.lease(t, "shop/orders")
	first := begin(t, l, `{}`)
	if r := row(); r.Status != api.Running || r.Running == nil || r.Running.ID != 1 || r.Running.Attempt != 1 {
		t.Errorf("%+v", r)
	}
	end(t, l, first, store.Succeeded)
	if r := row(); r.Status != api.Succeeded || r.Last == nil || r.Last.Records != 10 || r.Last.Bytes != 100 {
		t.Errorf("%+v", r)
	}
	begin(t, l, `{}`)
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := row(); r.Status != api.Succeeded || r.Running != nil || r.Problem == "" {
		t.Errorf("a sync that nobody runs: %+v", r)
	}
	page := get[api.Page[api.SyncRow]](t, w, api.ListSyncs, "/connections/shop/orders/syncs")
	if len(page.Items) != 2 || !page.Items[0].Abandoned || page.Items[1].Abandoned || page.Items[0].Due.IsZero() {
		t.Errorf("%+v", page)
	}
}

// TestTheListSeesWhatNoPlanTells: with more connections than are read at once,
// each comes in turn.
func TestTheListSeesWhatNoPlanTells(t *testing.T) {
	w := newWorld(t, nil)
	w.many(450)
	get[api.Page[api.Connection]](t, w, api.ListConnections, "/connections")
	l := w.lease(t, "ns-2/c-00449")
	begin(t, l, `{}`)
	deadline := time.Now().Add(30 * time.Second)
	for {
		page := get[api.Page[api.Connection]](t, w, api.ListConnections, "/connections?status=running")
		if len(page.Items) == 1 && page.Items[0].Name == "c-00449" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", page)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func TestSyncsArePagedNewestFirst(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	for range 5 {
		end(t, l, begin(t, l, `{}`), store.Succeeded)
	}
	var ids []int64
	for cursor := ""; ; {
		page := get[api.Page[api.SyncRow]](t, w, api.ListSyncs, "/connections/shop/orders/syncs?limit=2&cursor="+cursor)
		for _, s := range page.Items {
			ids = append(ids, s.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(ids, []int64{5, 4, 3, 2, 1}) {
		t.Errorf("%v", ids)
	}
}

func TestADetailListsStreams(t *testing.T) {
	w, _ := filled(t, nil)
	detail := get[api.ConnectionDetail](t, w, api.GetConnection, "/connections/shop/orders")
	if len(detail.Streams) != 1 || detail.Streams[0].Name != "users" || !detail.Streams[0].State || detail.Streams[0].Generation != 3 || !detail.Streams[0].Selected {
		t.Errorf("%+v", detail.Streams)
	}
	sync := get[api.Sync](t, w, api.GetSync, "/connections/shop/orders/syncs/2")
	if sync.Kind != api.KindReset || len(sync.Refresh) != 1 || len(sync.Attempts) != 1 || sync.Attempts[0].Ledger == nil || sync.Attempts[0].Ledger.Total.Relayed != 10 {
		t.Errorf("%+v", sync)
	}
}

// FuzzCursors: whatever is sent as a cursor is a page or a problem, and what a
// page gives goes on behind it.
func FuzzCursors(f *testing.F) {
	for _, seed := range []string{"", "c2hvcC9vcmRlcnM", "Lw", "____", "AA", "NDI", "LTE", "%", "c2hvcC9vcmRlcnM="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		rows := []api.Connection{{Name: "a"}, {Namespace: "b", Name: "a"}, {Namespace: "b", Name: "b"}}
		page, err := server.PageForTest(rows, cursor, 2)
		if err != nil {
			return
		}
		if len(page.Items) > 2 || (page.Next != "") != (len(page.Items) == 2 && page.Items[1].Name == "a") {
			t.Errorf("%q: %+v", cursor, page)
		}
		if page.Next == "" {
			return
		}
		behind, err := server.PageForTest(rows, page.Next, 2)
		if err != nil || len(behind.Items) != 1 {
			t.Errorf("behind %q: %+v %v", page.Next, behind, err)
		}
		if _, err := json.Marshal(page); err != nil {
			t.Error(err)
		}
	})
}
