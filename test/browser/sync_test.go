package browser

import (
	"testing"

	"knelt.dev/test/browser/fakeapi"
)

func TestALedgerMarksWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/users/syncs/311")
	p.see("Both connectors ended well, and yet it does not add up", "records were relayed, the destination says", "Note: stream old_prices")
	marked := eval[[]string](p, `[...document.querySelectorAll(".ledger .off")].map((e) => e.innerText.replace(/\s+/g, " ").trim())`)
	if len(marked) != 2 || marked[0] != "does not add up: 31,254" || marked[1] != "does not add up: 52,098" {
		t.Errorf("marked are %q", marked)
	}
	p.visit("#/connections/shop/stock/syncs/88")
	p.see("Everything adds up", "all 3 streams are complete")
	if n := eval[int](p, `document.querySelectorAll(".ledger .off").length`); n != 0 {
		t.Errorf("%d cells of a sync that adds up are marked", n)
	}
}

func TestAnAttemptIsChosenWithItsLedgerAndLog(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/payments/syncs/1207")
	p.see("of attempt 2", "1 relay went on with it", "Exit code 137 (SIGKILL, out of memory, the kernel ended it for want of memory)", "Last said running")
	p.click("1 relay went on with it")
	p.see("attached again by sync-00007-deployment-5d8", "the connectors ran on")
	p.click("Attempt 1")
	p.see("of attempt 1")
	p.gone("of attempt 2")
	p.until(`document.querySelector(".lane-relay")`)
}

func TestLinesOfALogAreChosenByLevelOriginAndText(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/payments/syncs/1207")
	lines := func(condition string) string {
		return `document.querySelectorAll(".line").length > 0 && [...document.querySelectorAll(".line")].every((l) => ` + condition + `)`
	}
	p.see("Earlier lines (27)")
	p.until(`document.querySelectorAll(".line").length === 300`)
	p.click("Earlier lines (27)")
	p.until(`document.querySelectorAll(".line").length === 327`)
	p.gone("Earlier lines")
	p.until(`document.querySelector(".line").textContent.includes("sync begins")`)
	p.choose("Level", "warn")
	p.until(lines(`/warn|error/.test(l.querySelector(".line-level").textContent)`))
	p.choose("Level", "")
	p.choose("Origin", "destination")
	p.until(lines(`l.querySelector(".line-origin").textContent === "destination"`))
	p.fill("Search the log", "batch 12")
	p.until(lines(`l.querySelector(".line-text").textContent.includes("batch 12")`))
	p.choose("Origin", "")
	p.fill("Search the log", "traceback")
	p.until(lines(`l.querySelector(".line-text").textContent.includes("retrying")`))
	p.shot("log")
}

// TestFollowingStaysWhereSomebodyReads: lines go on to come, and the end is
// followed only while it is in sight.
func TestFollowingStaysWhereSomebodyReads(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/orders/syncs/413")
	const end = `(() => { const l = document.querySelector(".log"); return l.scrollHeight - l.scrollTop - l.clientHeight })()`
	const lines = `document.querySelectorAll(".line").length`
	p.see("following…")
	p.until(lines + ` > 200 && ` + end + ` < 60`)
	before := eval[int64](p, lines)
	p.until(lines + ` > ` + quoteNumber(before) + ` && ` + end + ` < 60`)
	eval[int](p, `document.querySelector(".log").scrollTop = 40`)
	before = eval[int64](p, lines)
	p.until(lines + ` > ` + quoteNumber(before+3))
	if top := eval[int](p, `document.querySelector(".log").scrollTop`); top > 60 {
		t.Errorf("the log has moved to %d", top)
	}
	p.click("Follow")
	p.see("Earlier lines")
	p.gone("following…")
}
