package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"knelt.dev/test/browser/fakeapi"
)

// dialogs are what can be asked of a connection.
var dialogs = []string{"Sync now", "Pause", "Reset", "Refresh public.stock", "Reset public.stock", "Edit the state"}

// TestEachPageFitsWhereverItIsReadLarge: 320 pixels wide, as a screen of 1280 is
// at 400 %, and 640 at 200 % (WCAG 1.4.10). Tables scroll by themselves.
func TestEachPageFitsWhereverItIsReadLarge(t *testing.T) {
	for name, l := range map[string]look{"320": {width: 320, height: 640}, "640": {width: 640, height: 430}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, fakeapi.New(40), l, "#/nowhere")
			for _, at := range places {
				p.visit(at.place)
				p.see(at.whole)
				p.fits(at.name)
				p.shot(at.name + "-" + name)
			}
			p.visit("#/connections/shop/stock")
			for _, button := range dialogs {
				p.click(button)
				p.until(`document.querySelector("dialog[open]")`)
				p.fits(button)
				if over := eval[int](p, `(() => { const d = document.querySelector("dialog[open]"); return Math.max(d.scrollWidth - d.clientWidth, Math.ceil(d.getBoundingClientRect().right) - innerWidth) })()`); over > 0 {
					t.Errorf("the dialog of %s is %d pixels too wide", button, over)
				}
				p.click("Not now")
				p.until(`!document.querySelector("dialog")`)
			}
		})
	}
}

// TestEverythingThatIsPressedIsLargeEnough: 24 pixels each way, by a finger. A
// link in a line of text is as high as the line.
func TestEverythingThatIsPressedIsLargeEnough(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(40), phone, "#/nowhere")
	small := `[...(document.querySelector("dialog[open]") || document).querySelectorAll("button, input, select, textarea, summary, nav a, .button, .strip a")].filter((e) => e.checkVisibility({ visibilityProperty: true })).map((e) => {
		const r = (e.closest("label") || e).getBoundingClientRect();
		return r.width < 24 || r.height < 24 ? e.outerHTML.slice(0, 120) + " " + r.width + "x" + r.height : "";
	}).filter(Boolean)`
	for _, at := range places {
		p.visit(at.place)
		p.see(at.whole)
		if found := eval[[]string](p, small); len(found) > 0 {
			t.Errorf("%s: too small are %q", at.name, found)
		}
	}
	p.visit("#/connections/shop/stock")
	for _, button := range dialogs {
		p.click(button)
		p.until(`document.querySelector("dialog[open]")`)
		if found := eval[[]string](p, small); len(found) > 0 {
			t.Errorf("%s: too small are %q", button, found)
		}
		p.click("Not now")
		p.until(`!document.querySelector("dialog")`)
	}
}

// unseen tells why somebody who uses the keyboard would not see where they are:
// nothing is drawn around it, it is off the screen, or something lies over it.
const unseen = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "";
	const name = e.outerHTML.slice(0, 120), r = e.getBoundingClientRect();
	const drawn = [e, "::after"].map((x) => getComputedStyle(e, x === e ? undefined : x)).some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
	if (!drawn) return name + " has no outline";
	const x = Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1), ys = [r.top + 2, r.top + r.height / 2, r.bottom - 2].filter((y) => y >= 0 && y < innerHeight);
	const over = ys.map((y) => document.elementFromPoint(x, y));
	if (over.some((o) => o && (e.contains(o) || o.contains(e)))) return "";
	return name + (ys.length ? " is under " + over[0]?.outerHTML.slice(0, 80) : " is off the screen");
})()`

// TestTheFocusIsSeenWhereverTabLeads: on every page, from its beginning.
func TestTheFocusIsSeenWhereverTabLeads(t *testing.T) {
	for _, at := range places {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, fakeapi.New(40), look{width: 1000, height: 500}, at.place)
			p.see(at.whole)
			steps := 0
			for ; steps < 60; steps++ {
				p.press(kb.Tab)
				if eval[bool](p, "!document.activeElement || document.activeElement === document.body") {
					break // past the last one
				}
				if why := eval[string](p, unseen); why != "" {
					p.shot("unseen-" + at.name)
					t.Errorf("after %d steps: %s", steps+1, why)
					break
				}
			}
			if steps < 5 {
				t.Errorf("Tab leads to %d things only", steps)
			}
		})
	}
}

// TestWhoWantsLessMotionGetsNone, and others are shown that something runs.
func TestWhoWantsLessMotionGetsNone(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(40), desktop, "#/connections/shop/orders/syncs/413")
	p.see("rows a second")
	moving := `document.getAnimations().filter((a) => a.playState === "running" && a.effect.getComputedTiming().duration > 0).length`
	if n := eval[int](p, moving); n != 0 {
		t.Errorf("%d things move", n)
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "no-preference"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	p.until(moving + " > 0")
	if scroll := eval[string](p, "getComputedStyle(document.documentElement).scrollBehavior"); strings.Contains(scroll, "smooth") {
		t.Error("the page scrolls by itself")
	}
}
