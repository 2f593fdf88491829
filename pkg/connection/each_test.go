package connection

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const bothEnds = `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec: {connector: {image: shop:1}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec: {connector: {image: lake:1}, colour: red}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: good, namespace: team}
spec: {source: shop, destination: lake}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: bad, namespace: team}
spec: {source: shop, destination: lake, schedule: {cron: "0 25 * * *"}, prefx: a}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: good}
spec: {source: shop, destination: lake}
`

func TestWhatIsWrongWithADocumentStopsThatOneAlone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.yaml", bothEnds)
	write("b.yaml", strings.ReplaceAll(bothEnds[strings.LastIndex(bothEnds, "---\n")+4:], "name: good", "name: other"))
	each, err := LoadEach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(each.Set.Sources) != 1 || len(each.Set.Destinations) != 0 || len(each.Set.Connections) != 1 || each.Set.Connections["other"] == nil {
		t.Errorf("right are %+v", each.Set)
	}
	var names []string
	for _, b := range each.Broken {
		names = append(names, b.Kind+" "+b.Metadata.Key())
	}
	if got := strings.Join(names, ", "); got != "Destination lake, Connection team/bad, Connection good" {
		t.Errorf("broken are %s", got)
	}
	if text := each.Broken[1].Problems.Error(); !strings.Contains(text, "a.yaml:19: spec.prefx: unknown field") || !strings.Contains(text, `the hour "25"`) {
		t.Errorf("bad has the problems %s", text)
	}
	write("c.yaml", "kind: [")
	if _, err := LoadEach(dir); err == nil || !errors.As(err, new(*Problems)) || strings.Contains(err.Error(), "prefx") {
		t.Errorf("a file that cannot be read is told as %v", err)
	}
}
