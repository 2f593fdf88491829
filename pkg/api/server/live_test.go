package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/store"
)

func TestAStateComesBackAsItWas(t *testing.T) {
	w, l := filled(t, nil)
	before := get[api.State](t, w, api.GetState, "/connections/shop/orders/state")
	if !strings.Contains(string(before.State), "12345678901234567890") || before.Kind != "STREAM" {
		t.Errorf("%s %s", before.Kind, before.State)
	}
	body, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	path := api.Base + "/connections/shop/orders/state"
	a := w.do(t, api.Admin, http.MethodPut, path, string(body))
	fails(t, a, http.StatusConflict, "being synced")
	if strings.Contains(string(a.body), "epoch") {
		t.Errorf("who asks is told of the lease: %s", a.body)
	}
	if a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for wrong, says := range map[string]string{
		`{"state":[{"type":"STREAM"}]}`: "stream", `{"state":[{"type":"GLOBAL","global":{"stream_states":[]}},` + usersState + `]}`: "state",
		`{"state":[` + usersState + `],"kind":"GLOBAL"}`: "/kind",
	} {
		fails(t, w.do(t, api.Admin, http.MethodPut, path, wrong), http.StatusUnprocessableEntity, says)
	}
	if a := w.do(t, api.Admin, http.MethodPut, path, `{"state":[]}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if s := get[api.State](t, w, api.GetState, "/connections/shop/orders/state"); string(s.State) != "[]" || s.Kind != "" {
		t.Errorf("%s %s", s.Kind, s.State)
	}
	if a := w.do(t, api.Admin, http.MethodPut, path, string(body)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if s := get[api.State](t, w, api.GetState, "/connections/shop/orders/state"); string(s.State) != string(before.State) {
		t.Errorf("%s, want %s", s.State, before.State)
	}
	if _, held, err := w.store.LeaseOf(t.Context(), "shop/orders"); held || err != nil {
		t.Errorf("the lease is still held (%v)", err)
	}
}

// TestAStateThatHasMovedIsNotReplaced by who has seen another one.
func TestAStateThatHasMovedIsNotReplaced(t *testing.T) {
	w, l := filled(t, nil)
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := api.Base + "/connections/shop/orders/state"
	moved := strings.Replace(usersState, "12345678901234567890", "12345678901234567891", 1)
	seen := w.do(t, api.Read, http.MethodGet, path, "").header.Get("ETag")
	if a := w.do(t, api.Admin, http.MethodPut, path, `{"state":[`+moved+`]}`, "If-Match", seen); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	fails(t, w.do(t, api.Admin, http.MethodPut, path, `{"state":[]}`, "If-Match", seen), http.StatusPreconditionFailed, "has moved the state")
	if s := get[api.State](t, w, api.GetState, "/connections/shop/orders/state"); !strings.Contains(string(s.State), "12345678901234567891") {
		t.Errorf("it was replaced: %s", s.State)
	}
	seen = w.do(t, api.Read, http.MethodGet, path, "").header.Get("ETag")
	for _, tags := range []string{`"x", W/` + seen, "*"} {
		if a := w.do(t, api.Admin, http.MethodPut, path, `{"state":[`+usersState+`]}`, "If-Match", tags); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", tags, a.status, a.body)
		}
	}
	if _, held, err := w.store.LeaseOf(t.Context(), "shop/orders"); held || err != nil {
		t.Errorf("the lease is still held (%v)", err)
	}
}

func TestALogIsReadByRangeLevelAndSearch(t *testing.T) {
	w, _ := filled(t, nil)
	for query, want := range map[string]struct {
		first  string
		n      int
		offset int
		next   int
	}{
		"":                           {"Line 0 ", 50, 0, 50},
		"offset=50":                  {"Line 50 ", 50, 50, 0},
		"offset=40&limit=5":          {"Line 40 ", 5, 40, 45},
		"offset=-10":                 {"Line 90 ", 10, 90, 0},
		"offset=-10&limit=4":         {"Line 90 ", 4, 90, 94},
		"offset=-1000":               {"Line 0 ", 50, 0, 50},
		"level=warn":                 {"Line 0 ", 10, 0, 0},
		"level=warn&offset=3":        {"Line 30 ", 7, 3, 0},
		"level=error":                {"", 0, 0, 0},
		"search=LINE+7":              {"Line 7 ", 11, 0, 0},
		"search=.*":                  {"", 0, 0, 0},
		"origin=engine":              {"", 0, 0, 0},
		"offset=1000":                {"", 0, 100, 0},
		"since=2100-01-01T00:00:00Z": {"", 0, 0, 0},
	} {
		page := get[api.LogPage](t, w, api.GetLogs, "/connections/shop/orders/syncs/1/logs?"+query)
		if len(page.Items) != want.n || page.Offset != want.offset || page.Next != want.next || want.n > 0 && !strings.HasPrefix(page.Items[0].Message, want.first) {
			t.Errorf("%s: %d lines from %d, next %d, first %+v", query, len(page.Items), page.Offset, page.Next, page.Items[:min(1, len(page.Items))])
		}
	}
	fails(t, w.do(t, api.Read, http.MethodGet, api.Base+"/connections/shop/orders/syncs/2/logs", ""), http.StatusNotFound, "no log")
}

func TestALogIsFollowedAndGoneOnWith(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	record := begin(t, l, `{}`)
	log := w.writeLog(t, server.LogName{Connection: "shop/orders", Sync: 1, Attempt: 1}, 3)
	stream := w.follow(t, api.FollowLogs, "/connections/shop/orders/syncs/1/logs/follow")
	for i := range 3 {
		if e := next(t, stream); e.name != "line" || e.id != fmt.Sprint(i+1) || !strings.Contains(e.data, fmt.Sprintf("Line %d", i)) {
			t.Errorf("%+v", e)
		}
	}
	again := w.follow(t, api.FollowLogs, "/connections/shop/orders/syncs/1/logs/follow", "Last-Event-ID", "2")
	if e := next(t, again); e.id != "3" || !strings.Contains(e.data, "Line 2") {
		t.Errorf("%+v", e)
	}
	tail := w.follow(t, api.FollowLogs, "/connections/shop/orders/syncs/1/logs/follow?tail=1")
	if e := next(t, tail); !strings.Contains(e.data, "Line 2") {
		t.Errorf("%+v", e)
	}
	end(t, l, record, store.Succeeded)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []<-chan sse{stream, again, tail} {
		if e := next(t, s); e.name != "end" || e.data != `{"status":"succeeded"}` {
			t.Errorf("%+v", e)
		}
	}
}

func TestProgressIsFollowedToTheEnd(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	record := begin(t, l, `{}`)
	stream := w.follow(t, api.FollowSync, "/connections/shop/orders/syncs/1/events")
	var p api.Progress
	if e := next(t, stream); json.Unmarshal([]byte(e.data), &p) != nil || p.Records != 10 || len(p.Streams) != 1 || *p.Streams[0].Written != 7 || p.Streams[0].Estimate != 40 {
		t.Errorf("%+v", e)
	}
	record.Attempts[0].Ledger = json.RawMessage(strings.Replace(ledgerText, `"total":{"relayed":10`, `"total":{"relayed":20`, 1))
	if err := l.SaveSync(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if e := next(t, stream); e.name != "progress" || !strings.Contains(e.data, `"records":20`) {
		t.Errorf("%+v", e)
	}
	end(t, l, record, store.Failed, "no")
	if e := next(t, stream); e.name != "progress" || !strings.Contains(e.data, `"status":"failed"`) {
		t.Errorf("%+v", e)
	}
	if e := next(t, stream); e.name != "end" || e.data != `{"status":"failed"}` {
		t.Errorf("%+v", e)
	}
	if _, open := <-stream; open {
		t.Error("something came behind the end")
	}
}

func TestRowsThatChangeAreTold(t *testing.T) {
	w := newWorld(t, nil)
	stream := w.follow(t, api.FollowAll, "/events")
	l := w.lease(t, "shop/orders")
	record := begin(t, l, `{}`)
	if e := next(t, stream); e.name != "row" || !strings.Contains(e.data, `"name":"orders"`) || !strings.Contains(e.data, `"status":"running"`) {
		t.Errorf("%+v", e)
	}
	end(t, l, record, store.Succeeded)
	if e := next(t, stream); !strings.Contains(e.data, `"status":"succeeded"`) {
		t.Errorf("%+v", e)
	}
	if a := w.do(t, api.Run, http.MethodPost, api.Base+"/connections/-/local/pause", ""); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if e := next(t, stream); !strings.Contains(e.data, `"name":"local"`) || !strings.Contains(e.data, `"pausedBy":"api"`) {
		t.Errorf("%+v", e)
	}
}

func TestStreamsEndWithTheServer(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	begin(t, l, `{}`)
	all := w.follow(t, api.FollowAll, "/events")
	sync := w.follow(t, api.FollowSync, "/connections/shop/orders/syncs/1/events")
	next(t, sync)
	began := time.Now()
	w.drain()
	for _, s := range []<-chan sse{all, sync} {
		if e := next(t, s); e.name != "end" || e.data != `{}` {
			t.Errorf("%+v", e)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t, nil)
	for range 64 {
		w.follow(t, api.FollowAll, "/events")
	}
	fails(t, w.do(t, api.Read, http.MethodGet, api.Base+"/events", ""), http.StatusTooManyRequests, "as many streams")
}

func TestAWishToCancelIsKeptAndShown(t *testing.T) {
	w := newWorld(t, nil)
	l := w.lease(t, "shop/orders")
	begin(t, l, `{}`)
	a := w.do(t, api.Run, http.MethodPost, api.Base+"/connections/shop/orders/syncs/1/cancel", "")
	if a.status != http.StatusAccepted || !contains(t, a.body, `"cancelling":true`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if id, ok, err := w.store.CancelAsked(t.Context(), "shop/orders"); id != 1 || !ok || err != nil {
		t.Errorf("%d %v %v", id, ok, err)
	}
	if c := get[api.ConnectionDetail](t, w, api.GetConnection, "/connections/shop/orders"); c.Running == nil || !c.Running.Cancelling {
		t.Errorf("%+v", c.Running)
	}
}
