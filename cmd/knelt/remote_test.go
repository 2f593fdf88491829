package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/api"
)

// far runs a command against the server, and gives what it printed.
func (s *serving) far(t *testing.T, want int, args ...string) string {
	t.Helper()
	d := newDesk()
	d.run(t, want, append(args, "--server", s.url)...)
	return d.out.String() + d.err.String()
}

func holds(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("there is no %q in:\n%s", word, text)
		}
	}
}

func TestAServerDoesWhatTheHomeDoes(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.write(t, "go", "")
	holds(t, s.far(t, 0, "connections"), "shop-to-lake", "never", "manual")
	holds(t, s.far(t, 0, "check"), "source/shop       succeeded", "destination/lake  succeeded")
	holds(t, s.far(t, 0, "check", "lake"), "destination/lake  succeeded")
	holds(t, s.far(t, 2, "check", "pond"), "there are: source/shop, destination/lake")
	holds(t, s.far(t, 0, "discover"), "users", "incremental")
	holds(t, s.far(t, 0, "discover", "-o", "-"), "source: shop", "name: users")
	holds(t, s.far(t, 0, "sync"), "sync 1-1 succeeded: 1 row", "STREAM", "users")
	holds(t, s.far(t, 0, "connections", "--status", "succeeded"), "shop-to-lake")
	holds(t, s.far(t, 2, "connections", "--status", "dead"), "there are")
	holds(t, s.far(t, 0, "syncs"), "succeeded", "shop-to-lake")
	holds(t, s.far(t, 0, "syncs", "1"), "sync 1, attempt 1", "CONNECTOR", "knelt logs --server")
	holds(t, s.far(t, 0, "syncs", "shop-to-lake", "1", "--json"), `"attemptCount": 1`)
	holds(t, s.far(t, 0, "logs", "--grep", "ended: succ.*d"), "engine", "the sync ended: succeeded")
	holds(t, s.far(t, 0, "logs", "--follow", "--tail", "1"), "the sync ended: succeeded")
	if lines := s.far(t, 0, "logs", "--tail", "2"); strings.Count(lines, "\n") != 2 {
		t.Errorf("two lines are %s", lines)
	}
	state := s.far(t, 0, "state", "show")
	holds(t, state, `"id": 1`)
	file := filepath.Join(s.dir, "state.json")
	if err := os.WriteFile(file, []byte(strings.Replace(state, `"id": 1`, `"id": 2`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, s.far(t, 0, "state", "set", "--file", file), "set 1 state")
	holds(t, s.far(t, 0, "state", "show", "--table"), "users", `{"id":2}`)
	holds(t, s.far(t, 0, "state", "clear"), "forgot 1 state")
	holds(t, s.far(t, 2, "state", "clear", "--stream", "users"), "leave out --stream")
	holds(t, s.far(t, 0, "sync", "--refresh", "users"), "succeeded")
	holds(t, s.far(t, 2, "sync", "nothing"), "nothing")
	holds(t, s.far(t, 2, "reset"), "--yes")
}

func TestACancelledSyncIsToldByTheServer(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	holds(t, s.far(t, 0, "sync", "--no-wait"), "will be synced")
	s.until(t, api.Running)
	holds(t, s.far(t, 1, "sync"), "being synced")
	holds(t, s.far(t, 1, "state", "clear"), "being synced")
	holds(t, s.far(t, 0, "cancel"), "sync 1 will end")
	s.until(t, api.Cancelled)
	holds(t, s.far(t, 2, "cancel"), "has ended: cancelled")
}

// TestAnotherProcessIsToldToEndItsSync: by the home alone.
func TestAnotherProcessIsToldToEndItsSync(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	ask[api.Accepted](t, s, http.MethodPost, "/connections/-/shop-to-lake/syncs")
	s.until(t, api.Running)
	d := newDesk()
	d.run(t, 0, "cancel", "-f", s.dir, "--home", filepath.Join(s.dir, "home"))
	holds(t, d.out.String(), "sync 1 will end")
	s.until(t, api.Cancelled)
	d = newDesk()
	d.run(t, 2, "cancel", "-f", s.dir, "--home", filepath.Join(s.dir, "home"))
	holds(t, d.err.String(), "does not run")
}

func TestFlagsOfServersAndHomesDoNotMix(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"syncs", "--server", "http://a", "-f", "x"}, {"state", "show", "--server", "http://a", "--home", "x"}, {"connections"}, {"connections", "--server", "a"}, {"check", "--remote=http://a", "--server", "http://a"}, {"check", "--remote"}} {
		newDesk().run(t, 2, args...)
	}
	d := newDesk()
	d.getenv = func(name string) string { return map[string]string{"KNELT_SERVER": "http://127.0.0.1:1"}[name] }
	d.run(t, 2, "validate", "-f", "nowhere") // of files alone: the variable says nothing
	d.run(t, 2, "syncs", "-f", "nowhere")    // and what is said by flags counts more
}

// TestFunctionsOfAClusterAreAsked: with the documents of the files, as they are
// written.
func TestFunctionsOfAClusterAreAsked(t *testing.T) {
	t.Parallel()
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var doc struct {
			APIVersion, Kind string
			Metadata         struct{ Name string }
		}
		if err != nil || json.Unmarshal(text, &doc) != nil || doc.APIVersion == "" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", text, err)
		}
		switch {
		case r.URL.Path == "/discover/" && doc.Kind == "Source":
			_, err = io.WriteString(w, `{"streams":[{"name":"users","json_schema":{}}]}`)
		case doc.Kind == "Source":
			_, err = io.WriteString(w, `{"status":"SUCCEEDED"}`)
		default:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, err = io.WriteString(w, `{"type":"x","title":"No","status":422,"detail":"there is no Secret lake"}`)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer function.Close()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(served), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk()
	d.run(t, 2, "check", "-f", file, "--remote="+function.URL)
	holds(t, d.out.String(), "source/shop       succeeded", "destination/lake  not asked")
	holds(t, d.err.String(), "there is no Secret lake")
	d = newDesk()
	d.getenv = func(name string) string {
		return map[string]string{"KNELT_DISCOVER_URL": function.URL + "/discover"}[name]
	}
	d.run(t, 0, "discover", "-f", file, "--remote")
	holds(t, d.out.String(), "users")
}
