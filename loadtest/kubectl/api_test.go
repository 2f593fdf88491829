package kubectl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// server is an API server of one handler, behind a socket as the proxy's.
func server(t *testing.T, handle http.HandlerFunc) *API {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "localhost" { // the default of --accept-hosts
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		handle(w, r)
	})}
	t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }()
	return at(socket)
}

const list = `{"metadata":{"resourceVersion":"41"},"items":[{"metadata":{"name":"old","uid":"1"}}]}`

func watched(name, event string) string {
	return fmt.Sprintf(`{"type":%q,"object":{"metadata":{"name":%q,"uid":"2"},"status":{"phase":"Running"}}}`+"\n", event, name)
}

// TestAWatchTellsOfWhatIsThereAndOfWhatComes without a gap between the two.
func TestAWatchTellsOfWhatIsThereAndOfWhatComes(t *testing.T) {
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("labelSelector") != "a=b,c" {
			t.Errorf("asked for %s", r.URL)
		}
		if r.URL.Query().Get("watch") == "" {
			_, _ = w.Write([]byte(list))
			return
		}
		if r.URL.Query().Get("resourceVersion") != "41" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte(watched("new", "ADDED") + watched("new", "DELETED")))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var heard []string
	err := a.WatchPods(ctx, "ns", "a=b,c", func(e Event) {
		heard = append(heard, e.Type+" "+e.Pod.Metadata.Name)
		if e.Type == "DELETED" {
			end()
		}
	})
	if want := []string{"ADDED old", "LISTED ", "ADDED new", "DELETED new"}; err != nil || !slices.Equal(heard, want) {
		t.Errorf("heard %q: %v", heard, err)
	}
}

// TestAWatchThatBreaksIsAnError: what happened meanwhile would be missed.
func TestAWatchThatBreaksIsAnError(t *testing.T) {
	for name, said := range map[string]string{
		"cut":          watched("new", "ADDED"),
		"in an event":  watched("new", "ADDED")[:30],
		"by an error":  `{"type":"ERROR","object":{"code":410,"message":"too old"}}`,
		"by a bad pod": `{"type":"ADDED","object":[]}`,
	} {
		a := server(t, func(w http.ResponseWriter, r *http.Request) {
			text := list
			if r.URL.Query().Get("watch") != "" {
				text = said
			}
			_, _ = w.Write([]byte(text))
		})
		if err := a.WatchPods(t.Context(), "ns", "", func(Event) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestALogIsReadLineByLine(t *testing.T) {
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/namespaces/n/pods/p/log" || r.URL.Query().Get("container") != "check" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte("one\n" + strings.Repeat("x", 200_000) + "\nlast"))
	})
	var p Pod
	p.Metadata.Name, p.Metadata.Namespace = "p", "n"
	var sizes []int
	if err := a.Log(t.Context(), p, "check", func(l []byte) { sizes = append(sizes, len(l)) }); err != nil || !slices.Equal(sizes, []int{3, 200_000, 4}) {
		t.Errorf("lines of %v bytes: %v", sizes, err)
	}
}

func TestARefusalIsAnErrorThatSaysWhy(t *testing.T) {
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusForbidden
		if strings.HasSuffix(r.URL.Path, "/gone") {
			status = http.StatusNotFound
		}
		http.Error(w, "because of reasons", status)
	})
	for name, err := range map[string]error{
		"get":    a.Get(t.Context(), "/x", nil),
		"create": a.Create(t.Context(), "/x", map[string]int{}),
		"apply":  a.Apply(t.Context(), "/x", map[string]int{}),
		"delete": a.Delete(t.Context(), "/x"),
		"watch":  a.WatchPods(t.Context(), "x", "", func(Event) {}),
	} {
		var status *StatusError
		if !errors.As(err, &status) || status.Status != http.StatusForbidden || !strings.Contains(err.Error(), "because of reasons") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.Delete(t.Context(), "/gone"); err != nil {
		t.Errorf("what is gone cannot be deleted: %v", err)
	}
}

func TestUsagesAreThoseOfAllNodes(t *testing.T) {
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/nodes":
			_, _ = w.Write([]byte(`{"items":[{"metadata":{"name":"n1"}},{"metadata":{"name":"n2"}}]}`))
		case "/api/v1/nodes/n1/proxy/stats/summary":
			_, _ = w.Write([]byte(`{"pods":[{"podRef":{"namespace":"a","name":"p","uid":"7"},
				"cpu":{"time":"2026-01-02T03:04:05Z","usageCoreNanoSeconds":1500000000},"memory":{"workingSetBytes":1024}},
				{"podRef":{"namespace":"a","name":"begins"}}]}`))
		default:
			_, _ = w.Write([]byte(`{"pods":[{"podRef":{"namespace":"b","name":"q"},"cpu":{},"memory":{}}]}`))
		}
	})
	all, err := a.Usages(t.Context())
	want := Usage{"a", "p", "7", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 1500 * time.Millisecond, 1024}
	if err != nil || len(all) != 2 || all[0] != want || all[1].Name != "q" {
		t.Errorf("%+v: %v", all, err)
	}
}

// TestOpenSaysWhyThereIsNoProxy.
func TestOpenSaysWhyThereIsNoProxy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(t.Context()); err == nil || !strings.Contains(err.Error(), "kubectl") {
		t.Errorf("got %v", err)
	}
}
