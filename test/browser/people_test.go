package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"knelt.dev/test/browser/fakeapi"
)

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Token = "correct horse"
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.expect("401")
	p.see("Sign in to Knelt")
	p.accessible("signing in", `"wcag2a", "wcag2aa", "best-practice"`)
	p.shot("login")
	p.fill("Token", "wrong")
	p.press(kb.Enter)
	p.see("the token is not known")
	p.accessible("a wrong token", `"wcag2a", "wcag2aa"`)
	p.fill("Token", "correct horse")
	p.press(kb.Enter)
	p.see("shop/stock", "Europe/Berlin", "Live")
	if where := eval[string](p, `sessionStorage.getItem("knelt.token") + "|" + JSON.stringify(localStorage) + "|" + location.href + document.cookie`); !strings.HasPrefix(where, "correct horse|{}|http") || strings.Count(where, "horse") != 1 {
		t.Errorf("the token is in %q", where)
	}
	p.do(chromedp.Reload())
	p.see("Europe/Berlin")
	p.click("Sign out dashboard")
	p.see("Sign in to Knelt")
	if kept := eval[bool](p, `sessionStorage.getItem("knelt.token") !== null`); kept {
		t.Error("the token is kept")
	}
}

// TestATokenThatIsTakenBackLeadsToTheForm, in the middle of the work.
func TestATokenThatIsTakenBackLeadsToTheForm(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Token = "first"
	p := open(t, world, desktop, "#/")
	p.expect("401")
	p.fill("Token", "first")
	p.press(kb.Enter)
	p.see("shop/stock")
	world.SetToken("second")
	p.click("Sources")
	p.see("Sign in to Knelt", "the token is not known")
	p.fill("Token", "second")
	p.press(kb.Enter)
	p.see("inventory-db")
}

// TestTheKeyboardAloneIsEnough: from the first Tab to a sync that is asked for.
func TestTheKeyboardAloneIsEnough(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/")
	p.see("shop/stock")
	p.press(kb.Tab)
	if at := p.focused(); at != "Skip to content" {
		t.Errorf("the first Tab leads to %q", at)
	}
	p.until(`document.activeElement.getBoundingClientRect().top >= 0`)
	p.press(kb.Enter)
	p.until(`document.activeElement.id === "main" && location.hash === "#/"`)
	p.strike("/", "Slash")
	p.until(`document.activeElement.type === "search"`)
	p.press("stock")
	p.until(`document.querySelectorAll("tr.row").length === 1`)
	for range 12 { // past the switches of the filter
		p.press(kb.Tab)
		if p.focused() == "shop/stock" {
			break
		}
	}
	outline := eval[string](p, `getComputedStyle(document.activeElement, "::after").outlineStyle + getComputedStyle(document.activeElement, "::after").outlineWidth`)
	if p.focused() != "shop/stock" || outline != "solid2px" {
		t.Fatalf("the focus is on %q, its outline %q", p.focused(), outline)
	}
	p.shot("focus")
	p.press(kb.Enter)
	p.see("Europe/Berlin")
	p.until(`document.activeElement.id === "main"`)
	for range 8 {
		p.press(kb.Tab)
		if p.focused() == "Sync now" {
			break
		}
	}
	p.press(kb.Enter)
	p.see("Sync shop/stock now?")
	p.press(kb.Escape)
	p.gone("Sync shop/stock now?")
	p.until(`document.activeElement.innerText.trim() === "Sync now"`)
	p.press(" ")
	p.see("Sync shop/stock now?")
	for range 5 { // the focus stays in the dialog
		p.press(kb.Tab)
		if !eval[bool](p, `document.querySelector("dialog").contains(document.activeElement) || document.activeElement === document.body`) {
			t.Errorf("the focus has left the dialog: %q", p.focused())
		}
	}
	for p.focused() != "Not now" {
		p.press(kb.Tab, chromedp.ModifierShift)
	}
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.see("A sync of shop/stock was asked for")
	p.asked("connections/shop/stock/syncs", 1)
}

func TestTheSchemeIsTheSystemsUntilItIsChosen(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop.in("dark"), "#/")
	p.see("shop/stock")
	background := `getComputedStyle(document.documentElement).backgroundColor`
	dark := eval[string](p, background)
	p.click("Colours: as the system. Switch to light")
	p.until(background + ` !== ` + quote(dark))
	light := eval[string](p, background)
	p.do(chromedp.Reload())
	p.see("shop/stock")
	p.until(background + ` === ` + quote(light))
	p.click("Colours: light. Switch to dark")
	p.until(background + ` === ` + quote(dark))
	p.click("Colours: dark. Switch to as the system")
	if kept := eval[bool](p, `localStorage.getItem("knelt.scheme") !== null`); kept || dark == light {
		t.Errorf("kept %v, dark %s, light %s", kept, dark, light)
	}
}

// TestTheChartFollowsTheScheme: a canvas does not by itself.
func TestTheChartFollowsTheScheme(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/stock")
	p.see("Bytes")
	pixels := `document.querySelector(".chart canvas")?.toDataURL()`
	p.until(pixels)
	light := eval[string](p, pixels)
	p.click("Colours: as the system. Switch to light")
	p.click("Colours: light. Switch to dark")
	p.until(pixels + ` !== ` + quote(light) + ` && ` + pixels)
}
