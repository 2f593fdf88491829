package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/test/e2e"
)

// served is the built knelt as it serves a folder: its own API, engine, store and
// dashboard, with connectors that are programs.
type served struct {
	t *testing.T
	*e2e.Program
	dir, url string
}

var servedAt = regexp.MustCompile(`knelt serves .* at (http://\S+)`)

// serveReal serves documents from a folder of their own.
func serveReal(t *testing.T, documents string) *served {
	t.Helper()
	r := &served{t: t, dir: t.TempDir()}
	r.write(documents)
	r.Program = e2e.Start(t, r.dir, filepath.Join(bin, "knelt"), "serve", "-f", "documents.yaml", "--home", "home", "--listen", "127.0.0.1:0")
	r.Await("knelt serves ")
	r.Await(" at http://")
	r.url = servedAt.FindStringSubmatch(r.Output())[1] + "/"
	t.Cleanup(r.end)
	return r
}

// write writes the documents, with the folder of our connectors in place of BIN.
// What is served is read again within seconds.
func (r *served) write(documents string) {
	r.t.Helper()
	text := strings.ReplaceAll(documents, "BIN", bin)
	if err := os.WriteFile(filepath.Join(r.dir, "documents.yaml"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// rows are how many rows a table of the lake has.
func (r *served) rows(table string) int {
	r.t.Helper()
	rows, _, err := e2e.Rows(r.t.Context(), bin, filepath.Join(r.dir, "lake.db"), table)
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// post asks the API for something, as somebody else does meanwhile.
func (r *served) post(path string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"api/v1/"+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode/100 != 2 {
		r.t.Fatalf("POST %s: %s, %v", path, response.Status, err)
	}
}

// end ends it as Ctrl-C does, and shows what it said if a test has failed.
func (r *served) end() {
	r.Signal(syscall.SIGTERM)
	if code := r.Exit(); code != 0 {
		r.t.Errorf("knelt serve ended with %d", code)
	}
	if strings.Contains(r.Output(), e2e.SecretValue) {
		r.t.Error("knelt serve has told a secret")
	}
	if r.t.Failed() {
		r.t.Logf("knelt serve said:\n%s", r.Output())
	}
}

// lake is where the connections of the walk lead to, each into a file of its own.
const lake = `
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec:
  connector: {command: [BIN/destination-sqlite]}
  supportsRefreshes: true
  config: {path: ./lake.db}
`

// shop has 300 users, 100 products and 600 purchases.
const shop = `
---
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [BIN/source-faker]}
  config: {count: 300, api_key: "${env:SHOP_KEY}"}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: orders}
spec:
  source: shop
  destination: lake
  schedule: {cron: "0 3 1 1 *", timeZone: Europe/Berlin}
  streams:
    - {name: users, syncMode: incremental, destinationSyncMode: append_dedup}
    - {name: products, syncMode: incremental, destinationSyncMode: append_dedup}
    - {name: purchases, syncMode: incremental, destinationSyncMode: append_dedup}
`

// slow reads for as long as a test likes: 500 rows a second.
const slow = `
---
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: archive}
spec:
  connector: {command: [BIN/source-faker]}
  config: {count: 1000000, rate: 500, records_per_state: 100}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: history}
spec: {source: archive, destination: lake}
`

// broken tells at the 350th row of each attempt, of 1,000 in three streams, that
// it was refused. The second attempt goes on from the checkpoint of the first.
const broken = `
---
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: crm}
spec:
  connector: {command: [BIN/source-faker]}
  config: {count: 300, fail_at: 350, fail_mode: config_error, records_per_state: 50, noise: [stack_trace, text]}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: contacts}
spec:
  source: crm
  destination: lake
  retries: {max: 1, backoff: 100ms}
`
