package monitoring_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheRulesAreSoundAndAlertWhenTheyShould(t *testing.T) {
	if said := promtool(t, "check", "rules", "--lint=all", "../../config/monitoring/alerts.yaml"); !strings.Contains(said, "SUCCESS") {
		t.Errorf("promtool says %s", said)
	}
	promtool(t, "test", "rules", "alerts_test.yaml")
}

// TestPrometheusEvaluatesEachRuleAndPanel over the figures of real syncs.
func TestPrometheusEvaluatesEachRuleAndPanel(t *testing.T) {
	function, metrics := startFunction(t)
	p := prometheus{t, startPrometheus(t, metrics)}
	p.await(`up == 1`)
	for connection, outcome := range map[string]string{"good": "succeeded", "bad": "failed"} {
		if got := sync(t, function, connection); got != outcome {
			t.Errorf("the sync of %s %s", connection, got)
		}
	}
	// The second of two scrapes is what a rate needs.
	p.await(`count_over_time(knelt_sync_duration_seconds_count{outcome="failed"}[10s]) > 1`)
	p.await(`knelt_syncs_total{outcome="succeeded"} > 0 and on () knelt_syncs_total{outcome="failed"} > 0`)
	for _, name := range names(t) {
		if p.series(name) == 0 {
			t.Errorf("no process has the metric %s", name)
		}
	}
	for title, expr := range panels(t) {
		if p.series(expr) == 0 {
			t.Errorf("panel %s shows nothing: %s", title, expr)
		}
	}
	p.rules()
	p.await(`ALERTS{alertname="KneltSyncFails",connection="bad"}`)
	if n := p.series(`ALERTS{connection="good"}`); n != 0 {
		t.Errorf("%d alerts about a connection that works", n)
	}
}

// sync asks for one and gives its outcome.
func sync(t *testing.T, function, connection string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+function+"/syncs", strings.NewReader(`{"connection":{"name":"`+connection+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	var result struct{ Outcome string }
	answer(t, r, &result)
	return result.Outcome
}

func answer(t *testing.T, r *http.Request, v any) {
	t.Helper()
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	if err := json.NewDecoder(a.Body).Decode(v); err != nil {
		t.Fatalf("%s answers %s: %v", r.URL.Path, a.Status, err)
	}
}

// prometheus is a running one.
type prometheus struct {
	t       *testing.T
	address string
}

func (p prometheus) get(path string, query url.Values, data any) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.address+path+"?"+query.Encode(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	got := struct {
		Status, Error string
		Data          any
	}{Data: data}
	answer(p.t, r, &got)
	if got.Status != "success" {
		p.t.Errorf("%s of %s: %s", path, query.Get("query"), got.Error)
	}
}

// series evaluates an expression as a panel does and counts the series it gives.
func (p prometheus) series(expr string) int {
	p.t.Helper()
	var data struct{ Result []json.RawMessage }
	now := time.Now()
	p.get("/api/v1/query_range", url.Values{
		"query": {expr}, "step": {"1"}, "start": {fmt.Sprint(now.Add(-20 * time.Second).Unix())}, "end": {fmt.Sprint(now.Unix())},
	}, &data)
	return len(data.Result)
}

func (p prometheus) await(expr string) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); p.series(expr) == 0; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("it does not become true that %s", expr)
		}
	}
}

// rules wants each rule evaluated, without an error.
func (p prometheus) rules() {
	p.t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	p.get("/api/v1/rules", nil, &data)
	n := 0
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			n++
			if r.Health != "ok" {
				p.t.Errorf("the rule %s is %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if n < 7 {
		p.t.Errorf("%d rules were loaded", n)
	}
}

// variables are what Grafana puts into queries.
var variables = strings.NewReplacer("$connection", ".*", "$__rate_interval", "10s", "$__range", "1m", "$__interval", "1s")

// panels gives the queries of the dashboard by their panels' titles.
func panels(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../config/monitoring/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID          int
			Title, Type string
			Targets     []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	found, ids := map[string]string{}, map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q has no title, no query or the id of another", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			found[p.Title+" "+target.RefID] = variables.Replace(target.Expr)
		}
	}
	return found
}

// names gives the metrics of Knelt's that rules and panels use.
func names(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	var all []string
	for _, file := range []string{"alerts.yaml", "grafana.json"} {
		text, err := os.ReadFile("../../config/monitoring/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bknelt_[a-z_]+`).FindAllString(string(text), -1) {
			if !found[name] {
				found[name] = true
				all = append(all, name)
			}
		}
	}
	return all
}
