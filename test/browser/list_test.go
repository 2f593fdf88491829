package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"knelt.dev/test/browser/fakeapi"
)

func TestTheListIsSearchedAndFilteredAndItsAddressSaysHow(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(2000), desktop, "#/")
	p.see("accounts-0063")
	p.strike("/", "Slash")
	p.press("shop/")
	p.until(`document.activeElement.type === "search" && document.activeElement.value === "shop/"`)
	p.see("No connection is like that") // a name holds no slash
	p.click("Show all connections")
	p.see("accounts-0063")
	p.fill("Search connections", "payments")
	p.see("payments-api", "for want of memory", "3 in a row")
	p.until(`document.querySelectorAll("tr.row").length === 1 && location.hash === "#/?search=payments"`)
	p.fill("Search connections", "shop-db")
	p.until(`document.querySelectorAll("tr.row").length === 3`)
	p.see("orders", "returns", "users")
	p.click("Paused " + eval[string](p, `document.querySelectorAll(".chip-count")[4].innerText`))
	p.until(`document.querySelectorAll("tr.row").length === 1 && location.hash === "#/?search=shop-db&paused=true"`)
	p.see("paused by hand", "52,110")
	p.click("Never run")
	p.until(`location.hash === "#/?search=shop-db&status=never"`)
	p.see("returns", "manual")
	p.do(chromedp.Reload())
	p.until(`document.querySelector(".chip-on")?.innerText === "Never run" && document.querySelectorAll("tr.row").length === 1`)
	p.shot("list-filtered")
	p.click("shop/returns")
	p.see("It has not been synced yet")
	eval[bool](p, "setTimeout(() => history.back()) > 0")
	p.until(`document.querySelector("input[type=search]")?.value === "shop-db"`)
}

func TestARowThatChangesIsShownAtOnce(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/")
	p.see("shop/stock", "Live", "All 6")
	p.until(`document.querySelector(".live-on")`)
	world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Problem, c.FailuresInRow = "Its source is gone", 7 })
	p.see("Its source is gone", "7 in a row", "Cannot run")
	world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Problem, c.Status, c.Last.Status = "", "failed", "failed" })
	p.see("Failed 2") // the counts follow
	p.gone("Its source is gone")
}

// TestCountsFollowEvenIfChangesNeverPause: of 10,000 connections something
// happens all the time.
func TestCountsFollowEvenIfChangesNeverPause(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/")
	p.until(`document.querySelector(".live-on")`)
	p.see("Failed 1")
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				world.Change("shop", "users", func(c *fakeapi.Connection) { c.FailuresInRow++ })
			}
		}
	}()
	world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Status, c.Last.Status = "failed", "failed" })
	p.see("Failed 2")
}

// TestTextsOfConnectorsAreNoMarkup: names, reasons and log lines come from
// programs that nobody here wrote.
func TestTextsOfConnectorsAreNoMarkup(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`
	world := fakeapi.New(6)
	world.Change("shop", "payments", func(c *fakeapi.Connection) { c.Last.Reasons = []string{evil}; c.Source = evil })
	p := open(t, world, desktop, "#/")
	p.see(evil)
	p.visit("#/connections/shop/payments")
	p.see("failed, the 3rd in a row: " + evil)
	if title := eval[string](p, "document.title"); title != "shop/payments · Knelt" {
		t.Errorf("the title is %q", title)
	}
	if n := eval[int](p, `document.querySelectorAll("#app img, #app script").length`); n > 0 {
		t.Errorf("%d elements were made of text", n)
	}
}

// TestThePolicyHolds: what could get in by a fault of ours is not run.
func TestThePolicyHolds(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/")
	p.see("shop/orders")
	for what, attempt := range map[string]string{
		"markup":          `document.body.innerHTML = "x"`,
		"a script's text": `(() => { const s = document.createElement("script"); s.text = "1"; document.head.append(s); })()`,
		"another script":  `(() => { const s = document.createElement("script"); s.src = "assets/x.js"; document.head.append(s); })()`,
		"a second policy": `trustedTypes.createPolicy("other", {})`,
	} {
		if !eval[bool](p, `(() => { try { `+attempt+`; return false } catch (err) { return err instanceof TypeError } })()`) {
			t.Errorf("%s was let in", what)
		}
	}
	p.expect("Trusted")
	p.expect("Content Security Policy")
	eval[bool](p, `fetch("http://127.0.0.1:1/").then(() => false, () => true)`)
	styled := eval[string](p, `(() => { const d = document.createElement("div"); d.setAttribute("style", "width: 17px"); document.body.append(d); return getComputedStyle(d).width })()`)
	if styled == "17px" {
		t.Error("an inline style was let in")
	}
}
