package browser

import (
	"testing"

	"knelt.dev/test/browser/fakeapi"
)

// rows notes when the first rows of the list have been painted.
const rows = `new MutationObserver((_, o) => {
	if (!document.querySelector("tr.row")) return;
	o.disconnect();
	requestAnimationFrame(() => setTimeout(() => { window.rowsAt = performance.now() }));
}).observe(document, { childList: true, subtree: true });`

// TestTenThousandConnectionsArePaintedAsFastAsTen, and all of them can be
// scrolled through, with only those near the screen drawn. How fast is told;
// what is asserted is what does not depend on the machine.
func TestTenThousandConnectionsAreListedByPagesAndDrawnByScreens(t *testing.T) {
	look := desktop
	look.before = rows
	p := open(t, fakeapi.New(10000), look, "#/")
	p.until("window.rowsAt")
	type times struct{ Paint, Rows, Requests, Bytes float64 }
	at := eval[times](p, `(() => {
		const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
		const loaded = performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"));
		return { Paint: paint, Rows: rowsAt, Requests: loaded.length, Bytes: loaded.reduce((n, e) => n + e.transferSize, 0) };
	})()`)
	t.Logf("first paint after %.0f ms, first rows after %.0f ms; %.0f requests, %.0f bytes", at.Paint, at.Rows, at.Requests, at.Bytes)
	if at.Bytes > 150_000 {
		t.Errorf("a first visit loads %.0f bytes", at.Bytes)
	}
	p.see("All 10,000")
	rowCount := eval[int](p, `Number(document.querySelector("table").getAttribute("aria-rowcount"))`)
	if rowCount != 10001 {
		t.Errorf("a screen reader is told of %d rows", rowCount)
	}
	most := 0
	for range 60 { // each step loads what is next
		most = max(most, eval[int](p, `(scrollTo(0, document.documentElement.scrollHeight), new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelectorAll("tr.row").length)))))`))
		if eval[bool](p, `document.querySelector("[role=status]") && [...document.querySelectorAll("p[role=status]")].some((e) => e.textContent === "10,000 connections")`) {
			break
		}
		p.until(`!document.querySelector(".list + .loading") || document.documentElement.scrollHeight - innerHeight - scrollY > 100 || [...document.querySelectorAll("p[role=status]")].some((e) => e.textContent === "10,000 connections")`)
	}
	p.until(`(scrollTo(0, document.documentElement.scrollHeight), document.querySelector('tr[aria-rowindex="10001"]'))`)
	most = max(most, eval[int](p, `document.querySelectorAll("tr.row").length`))
	if most > 100 {
		t.Errorf("%d rows were drawn at once", most)
	}
	p.shot("list-end")
	eval[bool](p, "(scrollTo(0, 0), true)")
	p.until(`document.querySelector('tr[aria-rowindex="2"]')`)
}
