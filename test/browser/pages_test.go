package browser

import (
	"fmt"
	"strings"
	"testing"

	"knelt.dev/test/browser/fakeapi"
)

// places are the pages, and a text that is there once a page is whole.
var places = []struct{ name, place, whole string }{
	{"list", "#/", "All 40"},
	{"connection", "#/connections/shop/payments", "Bytes"},
	{"connection-schema-change", "#/connections/shop/stock", "size.height"},
	{"sync-running", "#/connections/shop/orders/syncs/413", "rows a second"},
	{"sync-failed", "#/connections/shop/payments/syncs/1207", "Earlier lines"},
	{"sync-incomplete", "#/connections/shop/users/syncs/311", "does not add up"},
	{"sources", "#/sources", "ads-api"},
	{"destinations", "#/destinations", "warehouse"},
	{"missing", "#/nowhere", "There is no such page"},
}

// TestEachPageIsAccessibleQuietAndFits: in both schemes, and on a phone.
func TestEachPageIsAccessibleQuietAndFits(t *testing.T) {
	const (
		everything = `"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"`
		ofColours  = `"color-contrast", "link-in-text-block"`
		ofSize     = `"target-size", "scrollable-region-focusable", "meta-viewport"`
	)
	looks := map[string]struct {
		look
		rules string
	}{"light": {desktop, everything}, "dark": {desktop.in("dark"), ofColours}, "phone": {phone, ofSize}}
	for name, l := range looks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, fakeapi.New(40), l.look, "#/nowhere")
			for _, at := range places {
				p.visit(at.place)
				p.see(at.whole)
				p.accessible(at.name, l.rules)
				p.fits(at.name)
				p.shot(at.name + "-" + name)
			}
		})
	}
}

// violation is what axe-core found.
type violation struct {
	ID, Help string
	Nodes    []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	}
}

// accessible has axe-core look at the page as it is, by some of its rules.
func (p *tab) accessible(where, rules string) {
	p.t.Helper()
	if !eval[bool](p, "Boolean(window.axe)") {
		eval[bool](p, axe+";true")
	}
	found := eval[[]violation](p, `axe.run(document, { resultTypes: ["violations"], runOnly: [`+rules+`] }).then((r) => r.violations)`)
	for _, v := range found {
		var at []string
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			at = append(at, fmt.Sprintf("%.200s\n      %s", n.HTML, n.FailureSummary))
		}
		p.t.Errorf("%s: %s: %s (%d)\n    %s", where, v.ID, v.Help, len(v.Nodes), strings.Join(at, "\n    "))
	}
}

// fits tells that nobody has to scroll sideways to read.
func (p *tab) fits(where string) {
	p.t.Helper()
	if over := eval[int](p, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		p.t.Errorf("%s is %d pixels too wide", where, over)
	}
}
