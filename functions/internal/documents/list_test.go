package documents

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

const ends = `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec: {connector: {image: shop:1}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec: {connector: {image: lake:1}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: swamp}
spec: {connector: {image: lake:1}, colour: red}
`

func connectionTo(name, destination, rest string) string {
	return fmt.Sprintf("apiVersion: knelt.dev/v1alpha1\nkind: Connection\nmetadata: {name: %s, namespace: team}\nspec: {source: shop, destination: %s%s}\n", name, destination, rest)
}

func TestEachConnectionIsToldWithWhatIsWrongWithIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	version := func() string {
		v, err := Folder(dir).Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	list := func() (all string, revisions map[string]string) {
		found, err := Folder(dir).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		revisions = map[string]string{}
		for _, d := range found {
			all += fmt.Sprintf("%s %v %q\n", d.Ref, d.Connection != nil, strings.ReplaceAll(d.Problem, dir+"/", ""))
			revisions[d.Ref.String()] = d.Revision
		}
		return all, revisions
	}
	write("a.yaml", ends)
	write("b.yaml", connectionTo("bad", "lake", ", prefx: a")+"---\n"+connectionTo("good", "lake", "")+"---\n"+
		connectionTo("lost", "sea", "")+"---\n"+connectionTo("muddy", "swamp", ""))
	got, before := list()
	want := `team/good true ""
team/lost true "b.yaml:14: spec.destination: no Destination \"sea\"; known: lake"
team/muddy true "a.yaml:14: spec.colour: unknown field; known: acknowledgesInOrder, config, connector, supportsRefreshes"
team/bad false "b.yaml:4: spec.prefx: unknown field; did you mean \"prefix\"?"
`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if _, err := Folder(dir).Get(t.Context(), events.Ref{Namespace: "team", Name: "good"}); err != nil {
		t.Errorf("mistakes of other documents stop it: %v", err)
	}
	for _, name := range []string{"bad", "lost", "muddy"} {
		if _, err := Folder(dir).Get(t.Context(), events.Ref{Namespace: "team", Name: name}); !errors.As(err, new(*connection.Problems)) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	first := version()
	write("a.yaml", strings.Replace(ends, "shop:1", "shop:2", 1))
	if _, after := list(); after["team/good"] == before["team/good"] || after["team/bad"] != before["team/bad"] {
		t.Errorf("revisions were %v and are %v", before, after)
	}
	if version() == first {
		t.Error("a file of the same size has the same version")
	}
	write("c.yaml", "kind: [")
	if _, err := Folder(dir).List(t.Context()); err == nil {
		t.Error("a file that cannot be read is passed over")
	}
	empty := t.TempDir() // a ConfigMap that is not there is mounted with hidden folders only
	if err := os.Mkdir(filepath.Join(empty, "..2026_03_01"), 0o700); err != nil {
		t.Fatal(err)
	}
	if none, err := Folder(empty).List(t.Context()); err != nil || len(none) != 0 {
		t.Errorf("an empty folder has %v (error %v)", none, err)
	}
	if _, err := Folder(filepath.Join(dir, "nowhere")).List(t.Context()); err == nil {
		t.Error("a folder that is not there has no connections")
	}
	if none, err := Folder("").List(t.Context()); err != nil || len(none) != 0 {
		t.Errorf("no folder has %v (error %v)", none, err)
	}
}
