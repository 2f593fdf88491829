package host

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheTableIsTheDocs compares docs/http.md with the table.
func TestTheDocsHaveTheTableAndTheSettings(t *testing.T) {
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (\\d+)[^|]*\\|([^|]*)\\|[^|]*\\| (yes|no|404 yes, 422 no|) ?\\|$").FindAllStringSubmatch(string(text), -1)
	documented := map[Cause]bool{}
	for _, row := range rows {
		c := Cause(row[1])
		documented[c] = true
		if fmt.Sprint(table[c].status) != row[2] {
			t.Errorf("%s: the docs say %s, the table %d", c, row[2], table[c].status)
		}
		if waits := strings.TrimSpace(row[3]) != ""; waits != (table[c].retryAfter > 0) {
			t.Errorf("%s: the docs say Retry-After %q, the table %d", c, row[3], table[c].retryAfter)
		}
		if again := strings.HasPrefix(row[4], "yes") || c == NotFound; c != ClientGone && again != sentAgain(table[c].status) {
			t.Errorf("%s: the docs say %q of sending again", c, row[4])
		}
	}
	for c := range table {
		if !documented[c] {
			t.Errorf("docs/http.md lacks %s", c)
		}
	}
	for _, name := range []string{"PORT", "KNELT_REQUEST_TIMEOUT", "KNELT_REQUEST_MARGIN", "KNELT_DRAIN_TIMEOUT", "KNELT_CONCURRENCY", "KNELT_BODY_LIMIT", "KNELT_METRICS_PORT"} {
		if !strings.Contains(string(text), "| `"+name+"` |") {
			t.Errorf("docs/http.md lacks %s", name)
		}
	}
}

// sentAgain is SelectiveRetry of Knative eventing.
func sentAgain(status int) bool {
	return status >= 500 || status == 404 || status == 408 || status == 409 || status == 429
}
