package browser

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/host"
	"knelt.dev/test/browser/fakeapi"
)

var (
	unavailable = host.Because(host.Unavailable, errors.New("the store is away"))
	errHeld     = errors.New("the connection is being synced")
)

func quoteNumber(n int64) string { return strconv.FormatInt(n, 10) }

func TestWhatIsEmptySaysSo(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(0), desktop, "#/")
	p.see("There are no connections yet", "knelt discover NAME -o connection.yaml")
	p.accessible("no connections", `"wcag2a", "wcag2aa"`)
	p.shot("empty")
	p.visit("#/sources")
	p.see("There are no sources yet")
	p.visit("#/destinations")
	p.see("There are no destinations yet")
	q := open(t, fakeapi.New(6), desktop, "#/connections/shop/returns")
	q.see("It has not been synced yet", "start it by “Sync now”", "There is no state yet", "None yet")
	q.shot("empty-connection")
	q.visit("#/connections/shop/refunds")
	q.see(`It cannot run: There is no Source "refunds-api"`)
	q.visit("#/connections/shop/payments/syncs/1207")
	q.fill("Search the log", "nothing has this")
	q.see("No line is like that")
}

func TestWhatIsLoadingHoldsItsPlace(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	letGo := world.Hold("connections")
	p := open(t, world, desktop, "#/")
	bones := `document.querySelectorAll(".loading .bone").length > 0 && document.querySelector(".loading").innerText.includes("Loading")`
	p.until(bones)
	p.shot("loading")
	p.accessible("loading", `"wcag2a", "wcag2aa"`)
	letGo()
	p.see("shop/stock")
	for _, at := range []struct{ place, slow string }{
		{"#/connections/shop/stock", "connections/shop/stock"},
		{"#/connections/shop/payments", "connections/shop/payments/syncs"},
		{"#/connections/shop/users", "connections/shop/users/state"},
		{"#/connections/shop/stock/syncs/88", "connections/shop/stock/syncs/88"},
	} {
		letGo := world.Hold(at.slow)
		p.visit(at.place)
		p.until(bones)
		letGo()
		p.until(`!document.querySelector(".loading")`)
	}
}

func TestFailuresAreToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/nowhere")
	p.expect("503")
	for _, at := range []struct{ place, path, whole string }{
		{"#/", "connections", "shop/stock"},
		{"#/connections/shop/stock", "connections/shop/stock", "Europe/Berlin"},
		{"#/connections/shop/stock", "connections/shop/stock/syncs", "Rows and bytes"},
		{"#/connections/shop/stock", "connections/shop/stock/state", "2026-03-14T09:26"},
		{"#/connections/shop/stock/syncs/88", "connections/shop/stock/syncs/88", "Everything adds up"},
		{"#/connections/shop/stock/syncs/88", "connections/shop/stock/syncs/88/logs", "Earlier lines"},
		{"#/sources", "sources", "inventory-db"},
	} {
		world.Fail(at.path, unavailable)
		p.visit(at.place)
		p.see("the store is away", "the server's log names it")
		p.shot("failure")
		world.Fail(at.path, nil)
		p.click("Try again")
		p.see(at.whole)
		p.gone("the store is away")
		p.visit("#/nowhere")
		p.see("There is no such page")
	}
	p.expect("404")
	p.visit("#/connections/shop/nope")
	p.see("there is no connection shop/nope")
	p.accessible("a failure", `"wcag2a", "wcag2aa"`)
}

// TestWhatIsOldIsShownAndSaidToBeOld: a page does not go blank when it cannot
// be asked for again.
func TestWhatIsOldIsShownAndSaidToBeOld(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.until(`document.querySelector(".live-on")`)
	p.see("Rows and bytes")
	p.expect("503")
	world.Fail("connections/shop/stock", unavailable)
	world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Problem = "Its source is gone" })
	p.see("What is shown may be old: Not possible now", "Rows and bytes")
	p.accessible("what is old", `"wcag2a", "wcag2aa"`)
	world.Fail("connections/shop/stock", nil)
	p.click("Try again")
	p.see("It cannot run: Its source is gone")
	p.gone("may be old")
}

// TestAServerThatGoesAwayIsMissedAndFoundAgain: what changed meanwhile is shown.
func TestAServerThatGoesAwayIsMissedAndFoundAgain(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/")
	p.see("shop/stock")
	p.until(`document.querySelector(".live-on")`)
	p.expect("ERR_")
	p.expect("503")
	p.stop()
	p.see("Reconnecting")
	p.shot("reconnecting")
	p.see("shop/stock") // what was known stays
	world.Change("shop", "stock", func(c *fakeapi.Connection) { c.Problem = "It changed while nobody looked" })
	p.visit("#/sources")
	p.see("The server cannot be reached")
	p.start()
	p.click("Try again")
	p.see("inventory-db")
	p.visit("#/")
	p.see("It changed while nobody looked")
	p.until(`document.querySelector(".live-on")`)
}

// TestAFaultInOnePageIsThatPagesAlone: the way to the others stays.
func TestAFaultInOnePageIsThatPagesAlone(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Answer("connections/shop/stock", map[string]any{"name": "stock", "namespace": "shop"})
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.expect("TypeError")
	p.see("This page has failed", "A fault of ours")
	p.shot("broken")
	p.click("Sources")
	p.see("inventory-db")
}

// TestAnAnswerThatIsNoJSONIsTold: of a proxy, say.
func TestAnAnswerThatIsNoJSONIsTold(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Answer("connections", []byte("<h1>Welcome to the network</h1>"))
	p := open(t, world, desktop, "#/")
	p.see("The answer cannot be read", "Is something else between this page and the server?")
	world.Fail("connections", host.Because(host.RateLimited, errors.New("too many requests, wait a moment")))
	p.expect("429")
	p.click("Try again")
	p.see("too many requests, wait a moment")
}

// TestAPageOutOfSightHoldsNoStream: a browser has six connections to a server
// for all of its tabs. Who comes back finds the place that was left, and what
// has changed meanwhile.
func TestAPageOutOfSightHoldsNoStream(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(1000)
	p := open(t, world, desktop, "#/")
	p.until(`document.querySelector(".live-on")`)
	p.until(`(scrollTo(0, document.documentElement.scrollHeight), document.querySelector('tr[aria-rowindex="1001"]'))`)
	at := eval[float64](p, "scrollY")
	see := func(how string) {
		eval[bool](p, `(Object.defineProperty(document, "visibilityState", { configurable: true, value: `+quote(how)+` }), document.dispatchEvent(new Event("visibilitychange")))`)
	}
	see("hidden")
	for n := 0; world.Followers() > 0; n++ {
		if n == looks {
			t.Fatal("the stream is held")
		}
		time.Sleep(30 * time.Millisecond)
	}
	last := strings.Split(eval[string](p, `document.querySelector('tr[aria-rowindex="1001"] .row-link').textContent`), "/")
	world.Change(last[0], last[1], func(c *fakeapi.Connection) { c.Problem = "It changed while nobody looked" })
	see("visible")
	p.see("It changed while nobody looked")
	p.until(`document.querySelector(".live-on")`)
	if now := eval[float64](p, "scrollY"); now != at {
		t.Errorf("the place has moved from %v to %v", at, now)
	}
}
