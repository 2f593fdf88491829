package handler_test

import (
	"strings"
	"testing"

	"knelt.dev/functions/discover/handler"
	"knelt.dev/functions/internal/asktest"
)

const (
	spec    = `spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}';;`
	streams = `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh"],"later":1.0}]}}`
	good    = `case $1 in ` + spec + ` discover) echo '` + streams + `';; esac`
	moody   = `case $1 in ` + spec + ` discover) echo '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"too many requests","failure_type":"transient_error"}}}'; exit 1;; esac`
	refused = `case $1 in ` + spec + ` discover) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"wrong password"}}';; esac`
	event   = `{"specversion":"1.0","id":"1","source":"/test","type":"dev.knelt.discover.requested","datacontenttype":"application/json","data":{"resource":{"kind":"Source","name":"kept"},"due":"2026-01-02T03:04:05Z","attempt":1}}`
)

func TestTheCatalogIsTheConnectors(t *testing.T) {
	h := &handler.Handler{Asker: asktest.Asker(t, asktest.Source("kept", good, `{}`))}
	post := asktest.Serve(t, h.Function())
	for name, c := range map[string]struct {
		script string
		status int
		says   string
	}{
		"a catalog":            {good, 200, `"name":"users"`},
		"one that will pass":   {moody, 503, "too many requests"},
		"an answer that is no": {refused, 422, "wrong password"},
	} {
		a := post(t.Context(), "/", "application/json", asktest.Source("s", c.script, `{}`))
		if a.Status != c.status || !strings.Contains(a.Body, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", name, a.Status, a.Body, c.status, c.says)
		}
	}
	a := post(t.Context(), "/", "application/cloudevents+json", event)
	if a.Status != 200 || !strings.Contains(a.Body, `"dev.knelt.discover.succeeded"`) || !strings.Contains(a.Body, `"users"`) {
		t.Errorf("the event's answer is %d %s", a.Status, a.Body)
	}
}

func TestAFailureIsAnEventToo(t *testing.T) {
	h := &handler.Handler{Asker: asktest.Asker(t, asktest.Source("kept", moody, `{}`))}
	a := asktest.Serve(t, h.Function())(t.Context(), "/", "application/cloudevents+json", event)
	if a.Status != 200 || !strings.Contains(a.Body, `"dev.knelt.discover.failed"`) || !strings.Contains(a.Body, "transient_error") {
		t.Errorf("the event's answer is %d %s", a.Status, a.Body)
	}
}
