package browser

import (
	"strings"
	"testing"
)

// wcag is what every page of the walk is held to.
const wcag = `"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"`

// good holds the page that is shown to what is true of all, and keeps a picture.
func (p *tab) good(name string) {
	p.t.Helper()
	eval[bool](p, "(scrollTo(0, 0), true)") // else the bar on top lies over something
	p.accessible(name, wcag)
	p.fits(name)
	p.shot("real-" + name)
}

// cells are the texts of a table's row that begins with a text.
func (p *tab) cells(table, first string) []string {
	p.t.Helper()
	row := `[...document.querySelectorAll(` + quote(table+" tr") + `)].find((r) => r.cells[0]?.innerText.trim() === ` + quote(first) + `)`
	p.until(row)
	return eval[[]string](p, `[...`+row+`.cells].map((c) => c.innerText.replace(/\s+/g, " ").trim())`)
}

// logged waits for a line of the log. Lines out of sight have no innerText.
func (p *tab) logged(text string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll(".line")].some((l) => l.textContent.includes(` + quote(text) + `))`)
}

// everyLine waits for lines, all of which are as a condition on l says.
func (p *tab) everyLine(condition string) {
	p.t.Helper()
	p.until(`document.querySelectorAll(".line").length > 0 && [...document.querySelectorAll(".line")].every((l) => ` + condition + `)`)
}

// newest waits for the table of syncs to begin with a sync that stands so.
func (p *tab) newest(id, status string) {
	p.t.Helper()
	p.until(`(() => { const c = document.querySelector(".syncs tbody tr").cells; return c[0].innerText.trim() === ` + quote(id) + ` && c[1].innerText.trim() === ` + quote(status) + ` })()`)
}

func TestARealSyncIsStartedAndItsLedgerAndLogAreRead(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/")
	p.see("All 1", "Never run")
	p.good("list-new")
	p.click("orders")
	p.see("It has not been synced yet", "0 3 1 1 *", "Europe/Berlin", "There is no state yet")
	p.good("connection-new")
	p.agree("Sync now", "Sync now", "Sync orders now?")
	p.see("A sync of orders was asked for")
	p.newest("1", "Succeeded")
	p.click("1")
	p.see("Everything adds up", "1,000 rows were relayed, the source says 1,000, the destination wrote 1,000", "all 3 streams are complete", "somebody asked for it")
	for stream, rows := range map[string]string{"users": "300", "products": "100", "purchases": "600", "Total": "1,000"} {
		if c := p.cells(".ledger", stream); c[1] != rows || c[2] != rows || c[3] != rows {
			t.Errorf("the ledger of %s says %q", stream, c)
		}
	}
	p.logged("reading purchases: rows 1 to 600")
	p.logged("stream purchases: COMPLETE")
	p.good("sync-succeeded")
	p.choose("Origin", "source")
	p.everyLine(`l.querySelector(".line-origin").textContent === "source"`)
	p.fill("Search the log", "PRODUCTS")
	p.everyLine(`l.textContent.includes("reading products")`)
	p.choose("Level", "error")
	p.see("No line is like that")
	p.visit("#/connections/-/orders")
	p.see("1,000", "A chart needs two syncs", "2024-01-01T")
	p.agree("Sync now", "Sync now", "goes on from its checkpoint")
	p.newest("2", "Succeeded")
	p.until(`document.querySelector(".chart canvas")`)
	p.good("connection")
	p.click("2")
	p.see("Everything adds up", "0 rows were relayed")
	p.visit("#/")
	p.until(`document.querySelector("tr.row").innerText.includes("Succeeded")`)
	p.good("list")
}

func TestARealStreamIsRefreshed(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/orders")
	p.agree("Sync now", "Sync now")
	p.newest("1", "Succeeded")
	before := p.cells("table", "products")
	p.agree("Refresh products", "Refresh", "Refresh products?")
	p.see("reads products anew was asked for")
	p.newest("2", "Succeeded")
	p.until(`[...document.querySelectorAll("table tr")].some((r) => r.cells[0].innerText.trim() === "products" && r.cells[4].innerText.trim() !== ` + quote(before[4]) + `)`)
	p.good("connection-refreshed")
	p.click("2")
	p.see("sync that reads anew products", "Everything adds up", "100 rows were relayed")
	if c := p.cells(".ledger", "users"); c[2] != "0" {
		t.Errorf("users were read anew too: %q", c)
	}
	p.good("sync-refresh")
}

func TestARealSlowSyncIsFollowedAndCancelled(t *testing.T) {
	t.Parallel()
	r := serveReal(t, slow+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/history")
	p.agree("Sync now", "Sync now")
	p.see("Sync 1 is running")
	if why := eval[string](p, `(`+find+`)("Sync now").title`); why != "It is being synced" {
		t.Errorf("the button says %q", why)
	}
	p.good("connection-running")
	p.click("Sync 1")
	p.see("rows a second", "following…")
	p.logged("stream users: RUNNING")
	relayed := `Number(document.querySelector("[aria-labelledby=progress] tbody tr").cells[2].innerText.replaceAll(",", ""))`
	before := eval[int64](p, relayed)
	p.until(relayed + " > " + quoteNumber(before))
	p.until(`Number(document.querySelector("[aria-labelledby=progress] tbody tr").cells[3].innerText.replaceAll(",", "")) > 0`)
	p.good("sync-running")
	p.visit("#/")
	p.until(`document.querySelector("tr.row").innerText.includes("Running")`)
	p.good("list-running")
	p.visit("#/connections/-/history/syncs/1")
	p.agree("Cancel", "Cancel the sync", "Cancel sync 1?")
	p.see("Sync 1 was asked to end", "It was cancelled", "the next sync goes on from there")
	p.gone("rows a second")
	p.good("sync-cancelled")
	p.visit("#/connections/-/history")
	p.newest("1", "Cancelled")
	if c := p.cells("table", "users"); c[5] != "its checkpoint" {
		t.Errorf("what was committed is not kept: %q", c)
	}
}

func TestARealConnectionIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/orders")
	next := `[...document.querySelectorAll(".fact")].find((f) => f.innerText.startsWith("Next")).innerText`
	p.until(next + `.includes("in ")`)
	p.agree("Pause", "Pause", "Nothing of it starts by itself")
	p.see("orders is paused", "paused by hand", "It is paused: start it by")
	p.good("connection-paused")
	p.visit("#/?paused=true")
	p.see("orders", "paused by hand")
	p.visit("#/connections/-/orders")
	p.agree("Resume", "Resume", "Europe/Berlin) holds again")
	p.see("orders goes on")
	p.gone("paused by hand")
	p.until(next + `.includes("in ")`)
}

func TestARealFailureIsToldWhereverItIsLookedFor(t *testing.T) {
	t.Parallel()
	r := serveReal(t, broken+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/contacts")
	p.agree("Sync now", "Sync now")
	p.newest("1", "Failed")
	p.see("Sync 1 failed", "the shop refused the key")
	p.good("connection-failed")
	p.click("Sync 1")
	p.see("It failed", "purchases: the shop refused the key")
	p.logged("TimeoutError")
	if c := p.cells(".ledger", "purchases"); !strings.Contains(c[7], "incomplete") {
		t.Errorf("the ledger of the stream that failed says %q", c)
	}
	p.see("of attempt 2")
	p.click("Attempt 1")
	p.see("of attempt 1")
	p.good("sync-failed")
	p.choose("Level", "error")
	p.everyLine(`/error|fatal/.test(l.querySelector(".line-level").textContent)`)
	p.visit("#/")
	p.see("Failed", "the shop refused the key")
	p.good("list-failed")
	p.click("Failed 1")
	p.see("contacts")
	r.write(strings.Replace(broken, "fail_at: 350, ", "", 1) + lake)
	p.visit("#/connections/-/contacts")
	p.agree("Sync now", "Sync now")
	p.until(`document.querySelector(".syncs tbody tr").cells[1].innerText.trim() === "Succeeded"`)
	p.gone("refused the key")
}

func TestARealConnectionThatCannotRunSaysWhy(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/")
	p.see("Never run")
	r.write(strings.Replace(shop, "destination: lake", "destination: pond", 1) + lake)
	p.see("Cannot run")
	p.click("orders")
	p.see("It cannot run:", "pond")
	p.good("connection-cannot-run")
	p.expect("422")
	p.agree("Sync now", "Sync now")
	p.until(`document.querySelector("dialog .failure")?.innerText.includes("pond")`)
	p.accessible("a refusal", wcag)
}

func TestRealConnectorsAreShownWithoutTheirSecretsAndChecked(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/sources")
	p.see("shop", "source-faker", "orders")
	p.click("Check shop")
	p.see("It works")
	p.click("Config")
	p.see("${env:SHOP_KEY}")
	p.good("sources")
	p.visit("#/destinations")
	p.see("destination-sqlite")
	p.click("Check lake")
	p.see("It works")
	p.good("destinations")
}
