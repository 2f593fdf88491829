package browser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"knelt.dev/test/browser/fakeapi"
)

// watching notes what a browser tells of its work from the first moment on: how
// far things were moved after they had been painted, the largest thing painted,
// and how long the page could not answer.
const watching = `window.vitals = { shift: 0, moved: [], largest: 0, blocked: 0 };
const watch = (type, note) => new PerformanceObserver((l) => l.getEntries().forEach(note)).observe({ type, buffered: true });
watch("layout-shift", (e) => {
	if (e.hadRecentInput) return;
	vitals.shift += e.value;
	vitals.moved.push(...e.sources.map((s) => s.node?.className || s.node?.nodeName));
});
watch("largest-contentful-paint", (e) => (vitals.largest = e.startTime));
watch("longtask", (e) => (vitals.blocked += Math.max(0, e.duration - 50)));`

type vitals struct {
	First, Largest, Blocked, Shift float64
	Requests, Bytes                int
	Moved                          []string
}

// measured gives the vitals of a page that is whole.
func (p *tab) measured() vitals {
	p.t.Helper()
	p.until(`!document.querySelector(".loading")`)
	return eval[vitals](p, `new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
		const loaded = performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"));
		done({
			First: performance.getEntriesByName("first-contentful-paint")[0].startTime, Largest: vitals.largest, Blocked: vitals.blocked,
			Shift: vitals.shift, Moved: vitals.moved, Requests: loaded.length, Bytes: loaded.reduce((n, e) => n + e.transferSize, 0),
		});
	}, 100)))`)
}

// TestNothingMovesOnceItIsPainted: on a first visit to each page, whatever comes
// when. How fast it was is told, as it is the machine's affair.
func TestNothingMovesOnceItIsPainted(t *testing.T) {
	var mu sync.Mutex
	table := map[string]vitals{}
	t.Run("pages", func(t *testing.T) {
		for _, at := range places {
			for name, l := range map[string]look{"desktop": desktop, "phone": phone} {
				t.Run(at.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					l.before = watching
					p := open(t, fakeapi.New(40), l, at.place)
					p.see(at.whole)
					v := p.measured()
					if v.Shift >= 0.01 {
						t.Errorf("%.3f of the screen has moved: %q", v.Shift, v.Moved)
						p.shot("moved-" + at.name + "-" + name)
					}
					mu.Lock()
					defer mu.Unlock()
					table[at.name+" "+name] = v
				})
			}
		}
	})
	report(t, table)
}

// report prints the table, and keeps it beside the screenshots.
func report(t *testing.T, table map[string]vitals) {
	t.Helper()
	var lines strings.Builder
	lines.WriteString("page\tfirst paint ms\tlargest paint ms\tblocked ms\tlayout shift\trequests\tbytes\t\n")
	for _, at := range places {
		for _, name := range []string{"desktop", "phone"} {
			if v, ok := table[at.name+" "+name]; ok {
				fmt.Fprintf(&lines, "%s %s\t%.0f\t%.0f\t%.0f\t%.3f\t%d\t%d\t\n", at.name, name, v.First, v.Largest, v.Blocked, v.Shift, v.Requests, v.Bytes)
			}
		}
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, err := w.Write([]byte(lines.String()))
	if err := errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	t.Logf("on a first visit:\n%s", &text)
	if err := os.WriteFile(filepath.Join(screenshots, "vitals.txt"), []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
