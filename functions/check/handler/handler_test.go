package handler_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/functions/check/handler"
	"knelt.dev/functions/internal/asktest"
)

const (
	spec    = `{"type":"SPEC","spec":{"connectionSpecification":{"type":"object","properties":{"key":{"type":"string","airbyte_secret":true}}}}}`
	working = `case $1 in spec) echo '` + spec + `';; check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}';; esac`
	failing = `case $1 in spec) echo '` + spec + `';; check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"the key hunter22 is wrong"}}';; esac`
	broken  = `case $1 in spec) echo '` + spec + `';; check) echo "cannot go on with hunter22" >&2; exit 3;; esac`
	silent  = `case $1 in spec) echo '` + spec + `';; check) echo $$ >"%s"; exec sleep 60;; esac`
	json    = "application/json"
)

func TestTheAnswerIsTheConnectors(t *testing.T) {
	const key = `{"key":"hunter22"}`
	h := &handler.Handler{Asker: asktest.Asker(t, asktest.Source("kept", working, key))}
	post := asktest.Serve(t, h.Function())
	for name, c := range map[string]struct {
		path, body string
		status     int
		says       string
	}{
		"it works":          {"/", asktest.Source("s", working, key), 200, `{"status":"SUCCEEDED"}`},
		"by name":           {"/", `{"resource":{"kind":"Source","name":"kept"}}`, 200, `{"status":"SUCCEEDED"}`},
		"it does not":       {"/", asktest.Source("s", failing, key), 200, `"status":"FAILED","message":"the key *`},
		"a broken one":      {"/", asktest.Source("s", broken, key), 502, "problems/connector"},
		"no such program":   {"/", `{"apiVersion":"knelt.dev/v1alpha1","kind":"Source","metadata":{"name":"s"},"spec":{"connector":{"command":["/no/such"]}}}`, 422, "/no/such"},
		"against its spec":  {"/", asktest.Source("s", working, `{"key":7}`), 422, "config.key"},
		"of a wrong kind":   {"/", `{"apiVersion":"knelt.dev/v1alpha1","kind":"Connection","metadata":{"name":"s"},"spec":{"source":"a","destination":"b"}}`, 400, "/data/document"},
		"nobody":            {"/", `{"resource":{"kind":"Source","name":"gone"}}`, 404, "source/gone"},
		"nothing":           {"/", ``, 400, "empty"},
		"the spec":          {"/spec", asktest.Source("s", working, key), 200, `"airbyte_secret":true`},
		"a misspelt member": {"/", `{"resource":{"kind":"Source","nam":"gone"}}`, 400, "/data/resource"},
	} {
		a := post(t.Context(), c.path, json, c.body)
		if a.Status != c.status || !strings.Contains(a.Body, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", name, a.Status, a.Body, c.status, c.says)
		}
		if strings.Contains(a.Body, "hunter22") {
			t.Errorf("%s: the answer has the secret: %s", name, a.Body)
		}
	}
}

func TestAnEventIsAnsweredByAnEvent(t *testing.T) {
	h := &handler.Handler{Asker: asktest.Asker(t, asktest.Source("kept", failing, `{}`))}
	post := asktest.Serve(t, h.Function())
	event := func(eventType, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"1","source":"/test","type":%q,"datacontenttype":"application/json","data":%s}`, eventType, data)
	}
	const structured = "application/cloudevents+json"
	a := post(t.Context(), "/", structured, event("dev.knelt.check.requested", `{"resource":{"kind":"Source","name":"kept"},"due":"2026-01-02T03:04:05Z","attempt":1}`))
	if a.Status != 200 || !strings.Contains(a.Body, `"dev.knelt.check.failed"`) || !strings.Contains(a.Body, "config_error") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for name, e := range map[string]string{
		"of another type": event("dev.knelt.sync.started", `{"connection":{"name":"a"},"due":"2026-01-02T03:04:05Z","attempt":1,"sync":1,"epoch":1,"started":"2026-01-02T03:04:05Z"}`),
		"without data":    event("dev.knelt.check.requested", `{}`),
	} {
		if a := post(t.Context(), "/", structured, e); a.Status != 400 {
			t.Errorf("an event %s: %d %s", name, a.Status, a.Body)
		}
	}
	gone := event("dev.knelt.check.requested", `{"resource":{"kind":"Source","name":"gone"},"due":"2026-01-02T03:04:05Z","attempt":1}`)
	if a := post(t.Context(), "/", structured, gone); a.Status != 422 {
		t.Errorf("an event about nobody, which is not to come again: %d %s", a.Status, a.Body)
	}
}

// TestAClientThatLeavesEndsTheConnector.
func TestAClientThatLeavesEndsTheConnector(t *testing.T) {
	h := &handler.Handler{Asker: asktest.Asker(t, asktest.Source("kept", working, `{}`))}
	post := asktest.Serve(t, h.Function())
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		post(ctx, "/", json, asktest.Source("s", fmt.Sprintf(silent, pidFile), `{}`))
	}()
	pid := ""
	until(t, func() bool {
		text, _ := os.ReadFile(pidFile)
		pid = strings.TrimSpace(string(text))
		return pid != ""
	})
	leave()
	<-left
	until(t, func() bool {
		_, err := os.Stat("/proc/" + pid)
		return os.IsNotExist(err)
	})
}

func until(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}
