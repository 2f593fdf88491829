package knative

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
)

// metricsPort is where functions are scraped, as config/monitoring/scrape.yaml does.
const metricsPort = "9095"

// TestOneTraceGoesFromTheTickToTheLastCheckpoint, over all processes and
// invocations in between, and what the dashboard and the alerts ask for is
// measured: with telemetry turned on as docs/monitoring.md says.
func TestOneTraceGoesFromTheTickToTheLastCheckpoint(t *testing.T) {
	const users = 1200
	c := collect(t)
	telemetry(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "KNELT_METRICS_PORT": metricsPort, "OTEL_BSP_SCHEDULE_DELAY": "500"})
	defer setTimeout(t, 20*time.Second)()
	p := scrape(t)
	cron, _ := soon()
	s := newSyncOf(t, recipe{config: faker{Users: users, Rate: 3 * users / 30.0}.config(), spec: cron})
	s.apply()
	tick(t) // a schedule counts from the first tick that sees it
	eventually(t, "the metrics of a running sync", 4*time.Minute, func() bool {
		return p.sum("knelt_sync_active") == 1 && p.has("knelt_sync_checkpoint_age_seconds", s.label())
	})
	eventually(t, "the end of the sync", 3*time.Minute, func() bool { return heard.count(s.subject(), events.SyncSucceeded) > 0 })
	s.exact(users)
	bury(t)
	eventually(t, "the last figures", time.Minute, func() bool {
		return p.sum("knelt_syncs_total", s.label(), `outcome="succeeded"`) == 1 && p.sum("knelt_function_request_duration_seconds_count", `function="deadletter"`) > 0
	})
	s.measured(p, users)
	s.traced(c)
}

// telemetry has functions start anew with these variables.
func telemetry(t *testing.T, data map[string]string) {
	t.Helper()
	all := kube.CoreV1().ConfigMaps(system)
	m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "knelt-telemetry"}, Data: data}
	if _, err := all.Create(t.Context(), m, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	functions := []string{"scheduler", "sync", "deadletter"}
	restarted(t, functions...)
	t.Cleanup(func() {
		_ = all.Delete(context.Background(), m.Name, metav1.DeleteOptions{})
		restarted(t, functions...)
	})
}

// restarted has functions read their settings anew.
func restarted(t *testing.T, functions ...string) {
	t.Helper()
	for _, f := range functions {
		patch(t, f, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"knelt.dev/restarted": time.Now().Format(time.RFC3339Nano)}}})
	}
}

// soon is a schedule that is due once, at the beginning of a minute.
func soon() (spec string, due time.Time) {
	due = time.Now().Add(20 * time.Second).UTC().Truncate(time.Minute).Add(time.Minute)
	return fmt.Sprintf(`schedule: {cron: "%d %d * * *"}`, due.Minute(), due.Hour()), due
}

// bury posts an event that nobody can carry out.
func bury(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, broker, strings.NewReader(`{"nothing": "known"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": nameOf(t), "Ce-Source": "/tests", "Ce-Type": events.SyncRequested,
	} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it is not read
	if answer.StatusCode/100 != 2 {
		t.Fatalf("the broker answers %s", answer.Status)
	}
}

// label is the sync's connection as a label of a metric.
func (s *moving) label() string { return `connection="` + s.subject() + `"` }

// measured checks what the sync left in the metrics.
func (s *moving) measured(p *scraped, users int) {
	s.t.Helper()
	rows := float64(3*users + 100)
	for metric, want := range map[string]float64{
		"knelt_sync_records_total": rows, "knelt_syncs_total": 1, "knelt_sync_attempts_total": 1,
		"knelt_sync_continuations_total": float64(heard.count(s.subject(), events.SyncContinued)),
		"knelt_sync_attachments_total":   float64(heard.count(s.subject(), events.SyncContinued)),
	} {
		if got := p.sum(metric, s.label()); got != want || want == 0 {
			s.t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, metric := range namedMetrics(s.t) {
		if !p.ever[metric] { // of some there is one only while a sync runs
			s.t.Errorf("the dashboard or an alert asks for %s, which no function has", metric)
		}
	}
}

// traced checks that all of the sync is one tree, which begins with a tick.
func (s *moving) traced(c *collected) {
	s.t.Helper()
	var runs []span
	eventually(s.t, "the spans of the sync and of its result", 30*time.Second, func() bool {
		runs = c.that(func(x span) bool { return x.attributes["knelt.connection"] == s.subject() })
		return len(runs) > 1 && len(c.that(func(x span) bool {
			return x.service == "scheduler" && x.attributes["cloudevents.type"] == events.SyncSucceeded && x.trace == runs[0].trace
		})) == 1
	})
	all := c.that(func(x span) bool { return x.trace == runs[0].trace })
	ways := map[string]int{}
	for _, x := range all {
		ways[c.way(x)]++
	}
	const first = "scheduler/scheduler sync/sync"
	second := first + " sync/sync"
	for way, least := range map[string]int{
		"scheduler/scheduler": 1, first: 1, second: 2, // the engine's of the first invocation, the second invocation
		second + " sync/attempt": 1, second + " sync/pod start": 2, second + " sync/lease acquire": 1, second + " sync/checkpoint": 2,
		second + " sync/sync sync/pod attach": 2, second + " sync/sync sync/checkpoint": 2,
	} {
		if ways[way] < least {
			s.t.Errorf("%d spans go %s, want %d", ways[way], way, least)
		}
	}
	for way := range ways {
		if !strings.HasPrefix(way, "scheduler/scheduler") {
			s.t.Errorf("a span is not below the tick: %s", way)
		}
	}
	if root := all[0]; root.parent != "" || root.attributes["cloudevents.type"] != "dev.knative.sources.ping" {
		s.t.Errorf("the trace begins with %v", root)
	}
	if s.t.Failed() {
		for _, x := range all {
			s.t.Log(x)
		}
	}
	s.t.Logf("%d spans of %d invocations are one trace", len(all), len(runs))
}

// namedMetrics are those that the dashboard and the alerts ask for. The tests run
// in the root of the repository.
func namedMetrics(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	var all []string
	for _, file := range []string{"alerts.yaml", "grafana.json"} {
		text, err := os.ReadFile("config/monitoring/" + file)
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
	if len(all) < 10 {
		t.Fatalf("only %v are asked for", all)
	}
	return all
}

// scraped are the last figures of each pod, which outlive it here.
type scraped struct {
	mu   sync.Mutex
	text map[string]string // by pod
	ever map[string]bool   // the metrics there were
}

// scrape scrapes the pods that scrape.yaml finds, each second until the test ends.
func scrape(t *testing.T) *scraped {
	t.Helper()
	p := &scraped{text: map[string]string{}, ever: map[string]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		for ctx.Err() == nil {
			p.look(ctx)
			time.Sleep(time.Second)
		}
	})
	t.Cleanup(func() { stop(); ended.Wait() })
	return p
}

func (p *scraped) look(ctx context.Context) {
	list, err := kube.CoreV1().Pods(system).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/part-of=knelt,app.kubernetes.io/name!=knelt-redis"})
	if err != nil {
		return // the next look will do
	}
	for _, pod := range list.Items {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		if text := metricsOf(ctx, pod.Status.PodIP); text != "" {
			p.mu.Lock()
			p.text[pod.Name] = text
			for line := range strings.Lines(text) {
				name, _, _ := strings.Cut(line, "{")
				p.ever[name] = true
			}
			p.mu.Unlock()
		}
	}
}

// metricsOf gives what a pod measures; "" if it does not answer.
func metricsOf(ctx context.Context, ip string) string {
	client := http.Client{Timeout: 2 * time.Second}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(ip, metricsPort)+"/metrics", nil)
	if err != nil {
		return ""
	}
	answer, err := client.Do(r)
	if err != nil {
		return ""
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

// each gives the values of a metric's series that have all these labels.
func (p *scraped) each(metric string, labels []string, give func(float64)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.text {
		for line := range strings.Lines(text) {
			series, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
			name, its, _ := strings.Cut(series, "{")
			if name != metric || !holdsAll(its, labels) {
				continue
			}
			if number, err := strconv.ParseFloat(value, 64); err == nil {
				give(number)
			}
		}
	}
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (p *scraped) sum(metric string, labels ...string) (sum float64) {
	p.each(metric, labels, func(v float64) { sum += v })
	return sum
}

func (p *scraped) has(metric string, labels ...string) (is bool) {
	p.each(metric, labels, func(float64) { is = true })
	return is
}
