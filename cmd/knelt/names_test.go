package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAConnectionOfANamespaceIsFoundByEveryCommand, under the name that its state
// and log are kept by.
func TestAConnectionOfANamespaceIsFoundByEveryCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"source.sh": slowSource, "destination.sh": echoing, "go": "",
		"shop.yaml": strings.NewReplacer("name: shop}", "name: shop, namespace: eu}", "name: lake}", "name: lake, namespace: eu}",
			"name: shop-to-lake}", "name: shop-to-lake, namespace: eu}").Replace(served),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	here := func(want int, args ...string) string {
		t.Helper()
		d := newDesk()
		d.run(t, want, append(args, "-f", filepath.Join(dir, "shop.yaml"), "--home", filepath.Join(dir, "home"))...)
		return d.out.String() + d.err.String()
	}
	const key = "eu/shop-to-lake"
	holds(t, here(0, "sync", key), key+": sync 1 succeeded")
	state := filepath.Join(dir, "state.json")
	for _, named := range [][]string{{key}, {"shop-to-lake"}, {"shop-to-lake", "-n", "eu"}, {"-n", "eu"}, nil} {
		holds(t, here(0, append([]string{"syncs"}, named...)...), key, "succeeded")
		holds(t, here(0, append([]string{"logs"}, named...)...), "the sync ended: succeeded")
		text := here(0, append([]string{"state", "show"}, named...)...)
		holds(t, text, `"id": 1`)
		if err := os.WriteFile(state, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		holds(t, here(0, append([]string{"state", "set", "--file", state, "--stream", "users"}, named...)...), key+": set 1 state")
		holds(t, here(2, append([]string{"cancel"}, named...)...), "sync 1 of "+key+" does not run")
		holds(t, here(2, append([]string{"reset"}, named...)...), "all streams of "+key)
	}
	holds(t, here(0, "syncs", key, "1"), key+" 1-1", "CONNECTOR")
	holds(t, here(0, "check", "eu/shop"), "source/eu/shop  succeeded")
	holds(t, here(0, "check", "-n", "eu"), "source/eu/shop       succeeded", "destination/eu/lake  succeeded")
	for _, args := range [][]string{{"sync"}, {"syncs"}, {"logs"}, {"state", "show"}, {"state", "clear"}, {"cancel"}, {"reset", "--yes"}} {
		holds(t, here(2, append(args, "us/shop-to-lake")...), `no Connection "us/shop-to-lake"; did you mean "eu/shop-to-lake"?`)
	}
	holds(t, here(2, "check", "us/shop"), "there are: source/eu/shop, destination/eu/lake")
	holds(t, here(0, "state", "clear", key), key+": forgot 1 state")
}

// namespaces is a server that has connections of one name in several namespaces.
func namespaces(t *testing.T) string {
	t.Helper()
	keys := []string{"eu/orders", "us/orders", "us/users", "us/7"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
		switch {
		case path == "connections":
			var rows []string
			for _, key := range keys {
				if strings.Contains(key, r.URL.Query().Get("search")) {
					ref := refOf(key)
					rows = append(rows, fmt.Sprintf(`{"namespace":%q,"name":%q,"status":"succeeded"}`, ref.Namespace, ref.Name))
				}
			}
			answer(t, w, http.StatusOK, `{"items":[`+strings.Join(rows, ",")+`]}`)
		case path == "sources":
			answer(t, w, http.StatusOK, `{"items":[{"namespace":"eu","name":"db"},{"namespace":"us","name":"db"}]}`)
		case path == "destinations":
			answer(t, w, http.StatusOK, `{"items":[{"namespace":"us","name":"lake"}]}`)
		case path == "check":
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			answer(t, w, http.StatusOK, fmt.Sprintf(`{"status":"FAILED","message":%q}`, text))
		case strings.HasPrefix(path, "connections/us/orders/"), strings.HasPrefix(path, "connections/us/7/"), strings.HasPrefix(path, "connections/us/users/"):
			answer(t, w, http.StatusOK, fmt.Sprintf(`{"state":[],"items":[{"id":1,"status":"failed","reasons":[%q]}]}`, path))
		default:
			w.Header().Set("Content-Type", "application/problem+json")
			answer(t, w, http.StatusNotFound, `{"title":"It is not there","detail":"not found: `+path+`"}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answer(t *testing.T, w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

func TestAServersConnectionsAreFoundByName(t *testing.T) {
	t.Parallel()
	url := namespaces(t)
	for _, c := range []struct {
		want int
		args string
		says string
	}{
		{0, "syncs users", "connections/us/users/syncs"},
		{0, "syncs us/orders", "connections/us/orders/syncs"},
		{0, "syncs orders -n us", "connections/us/orders/syncs"},
		{0, "syncs 7", "connections/us/7/syncs"}, // a name, though it looks like a sync
		{0, "state show us/orders", "[]"},
		{2, "syncs orders", `several Connections are named "orders"; say which: "eu/orders", "us/orders"`},
		{2, "syncs us/ordesr", `no Connection "us/ordesr"; did you mean "us/orders"?`},
		{2, "syncs ordesr", `did you mean "eu/orders" or "us/orders"?`},
		{2, "state show -n asia orders", `no Connection "asia/orders"; did you mean "eu/orders" or "us/orders"?`},
		{2, "state show", `name one of: "eu/orders", "us/7"`},
		{2, "state show -n eu", `not found: connections/eu/orders/state`}, // it is there, but not its state
		{1, "check us/db", `{"resource":{"kind":"Source","namespace":"us","name":"db"}}`},
		{1, "check -n eu", "source/eu/db"},
		{2, "check db", "several are named \"db\": say which, with its namespace: source/eu/db, source/us/db"},
		{2, "discover", "name one of: source/eu/db, source/us/db"},
		{2, "discover us/db --diff", "--diff"},
	} {
		d := newDesk()
		d.getenv = func(name string) string { return map[string]string{"KNELT_SERVER": url}[name] }
		d.run(t, c.want, strings.Fields(c.args)...)
		if text := d.out.String() + d.err.String(); !strings.Contains(text, c.says) {
			t.Errorf("knelt %s: no %s in\n%s", c.args, c.says, text)
		}
	}
	d := newDesk()
	d.run(t, 0, "connections", "--server", url, "-n", "us", "--json")
	if text := d.out.String(); strings.Count(text, "\n") != 3 || strings.Contains(text, "eu") {
		t.Errorf("of the namespace us there are:\n%s", text)
	}
}
