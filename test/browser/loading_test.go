package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// traffic is what a tab has got from servers.
type traffic struct {
	mu  sync.Mutex
	all []*network.EventResponseReceived
	// asked are the addresses of all requests, also of those without an answer.
	asked []string
}

// listen has a tab's traffic kept.
func (p *tab) listen() *traffic {
	p.t.Helper()
	heard := &traffic{}
	if err := chromedp.Listen(p.ctx, func(event any) {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		switch e := event.(type) {
		case *network.EventResponseReceived:
			heard.all = append(heard.all, e)
		case *network.EventRequestWillBeSent:
			heard.asked = append(heard.asked, e.Request.URL)
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{}); err != nil {
		p.t.Fatal(err)
	}
	return heard
}

// take gives what was heard so far, and begins anew.
func (h *traffic) take() ([]*network.EventResponseReceived, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all, asked := h.all, h.asked
	h.all, h.asked = nil, nil
	return all, asked
}

func header(r *network.Response, name string) string {
	for key, value := range r.Headers {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// TestWhatIsLoadedIsTheServersOwnZippedAndKept: by the built knelt serve, on a
// first visit and on a second.
func TestWhatIsLoadedIsTheServersOwnZippedAndKept(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, "about:blank", desktop, "")
	heard := p.listen()
	p.do(chromedp.Navigate(r.url))
	p.see("All 1")
	p.visit("#/connections/-/orders")
	p.see("There is no state yet")
	first, asked := heard.take()
	for _, url := range asked {
		if !strings.HasPrefix(url, r.url) {
			t.Errorf("asked was %s, which is not at %s", url, r.url)
		}
	}
	assets := 0
	for _, e := range first {
		where, found := strings.CutPrefix(e.Response.URL, r.url+"assets/")
		isPage := e.Response.URL == r.url
		if !found && !isPage {
			continue
		}
		assets++
		if encoding := header(e.Response, "Content-Encoding"); encoding != "gzip" && !strings.HasSuffix(where, "/icon.svg") {
			t.Errorf("%s is not zipped: %q", e.Response.URL, encoding)
		}
		keep := header(e.Response, "Cache-Control")
		if isPage && (keep != "no-cache" || header(e.Response, "ETag") == "") || !isPage && !strings.Contains(keep, "immutable") {
			t.Errorf("%s is kept as %q", e.Response.URL, keep)
		}
		policy := header(e.Response, "Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", e.Response.URL, policy)
		}
	}
	if assets < 40 {
		t.Errorf("only %d files were looked at", assets)
	}
	p.do(chromedp.Navigate("about:blank"))
	heard.take()
	p.do(chromedp.Navigate(r.url))
	p.see("All 1")
	again, _ := heard.take()
	kept := 0
	for _, e := range again {
		switch {
		case strings.HasPrefix(e.Response.URL, r.url+"assets/") && !e.Response.FromDiskCache:
			t.Errorf("%s is loaded once more", e.Response.URL)
		case strings.HasPrefix(e.Response.URL, r.url+"assets/"):
			kept++
		}
	}
	if kept < 40 {
		t.Errorf("only %d files were kept", kept)
	}
}

// TestOnlyStylesAndTheSchemeHoldUpTheFirstPaint.
func TestOnlyStylesAndTheSchemeHoldUpTheFirstPaint(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/")
	p.see("All 1")
	blocking := eval[[]string](p, `performance.getEntriesByType("resource").filter((e) => e.renderBlockingStatus === "blocking").map((e) => e.name.replace(/.*\/assets\/[^/]*\//, ""))`)
	slices.Sort(blocking)
	want := []string{"lib/uPlot.min.css", "style/base.css", "style/list.css", "style/log.css", "style/pages.css", "style/parts.css", "theme.js"}
	if !slices.Equal(blocking, want) {
		t.Errorf("the first paint waits for %q, not for %q", blocking, want)
	}
}

// TestEachPageSaysWhatItIs to search engines, bookmarks and screen readers.
func TestEachPageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/")
	p.see("All 1")
	for what, wanted := range map[string]string{
		`document.documentElement.lang`:                                  "en",
		`document.querySelector("meta[name=viewport]").content`:          "width=device-width, initial-scale=1",
		`document.querySelector("meta[name=description]").content`:       "Connections, syncs and their ledgers",
		`document.characterSet`:                                          "UTF-8",
		`document.doctype.name`:                                          "html",
		`document.querySelector("link[rel=icon]").href.split("/").pop()`: "icon.svg",
	} {
		if got := eval[string](p, what); got != wanted {
			t.Errorf("%s is %q", what, got)
		}
	}
	for _, at := range []struct{ place, title string }{
		{"#/", "Connections · Knelt"},
		{"#/connections/-/orders", "orders · Knelt"},
		{"#/sources", "Sources · Knelt"},
		{"#/destinations", "Destinations · Knelt"},
		{"#/connections/-/orders/syncs/1", "Sync 1 of orders · Knelt"},
	} {
		p.expect("404") // there is no such sync yet
		p.visit(at.place)
		p.until(`document.title === ` + quote(at.title))
		if n := eval[int](p, `document.querySelectorAll("h1").length`); n > 1 {
			t.Errorf("%s has %d headings of the first level", at.place, n)
		}
	}
}
