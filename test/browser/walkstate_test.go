package browser

import (
	"strings"
	"testing"
)

func TestARealStateIsEditedAndTheNextSyncGoesOnFromThere(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/orders")
	p.agree("Sync now", "Sync now")
	p.newest("1", "Succeeded")
	p.see(`{"updated_at":"2024-01-01T00:05:00Z"}`) // of the 300th user
	p.click("Edit the state")
	p.rewrite("2024-01-01T00:05:00Z", "2024-01-01T00:04:50Z")
	p.judged("users from another position")
	p.good("state-edit")
	p.click("Replace the state")
	p.see("The state of orders was replaced", `{"updated_at":"2024-01-01T00:04:50Z"}`)
	p.agree("Sync now", "Sync now")
	p.newest("2", "Succeeded")
	p.click("2")
	p.see("Everything adds up")
	if c := p.cells(".ledger", "users"); c[2] != "10" {
		t.Errorf("10 users are behind the new position: %q", c)
	}
	p.visit("#/connections/-/orders")
	p.click("Edit the state")
	p.fill(stateText, `[{"type": "STREAM", "stream": {}}]`)
	p.expect("422")
	p.click("Replace the state")
	p.see("the state is none that a source can be given", "/state")
	p.good("state-refused")
	p.fill(stateText, "[]")
	p.judged("products, purchases, users from the beginning")
	p.click("Replace the state")
	p.see("There is no state yet")
	if n := r.rows("users"); n != 300 {
		t.Errorf("there are %d users: an edited state deletes none", n)
	}
}

// TestARealStateIsNotReplacedUnderARunningSync that has begun while somebody
// wrote.
func TestARealStateIsNotReplacedUnderARunningSync(t *testing.T) {
	t.Parallel()
	r := serveReal(t, strings.Replace(slow, "records_per_state: 100", "records_per_state: 1000000", 1)+lake) // it moves no state
	p := openSite(t, r.url, desktop, "#/connections/-/history")
	p.see("There is no state yet")
	p.click("Edit the state")
	p.fill(stateText, `[{"type": "STREAM", "stream": {"stream_descriptor": {"name": "users"}, "stream_state": {"updated_at": "2024-01-02T00:00:00Z"}}}]`)
	p.judged("users from a position that is new")
	r.post("connections/-/history/syncs")
	p.until(`document.querySelector(".notice-running")`)
	p.expect("409")
	p.click("Replace the state")
	p.until(`document.querySelector("dialog .failure")?.innerText.includes("being synced")`)
	p.good("state-held")
}

func TestARealStreamAndAWholeConnectionAreReset(t *testing.T) {
	t.Parallel()
	r := serveReal(t, shop+lake)
	p := openSite(t, r.url, desktop, "#/connections/-/orders")
	p.agree("Sync now", "Sync now")
	p.newest("1", "Succeeded")
	p.agree("Reset users", "Delete its rows", "All rows of users are deleted from the destination lake")
	p.newest("2", "Succeeded")
	p.until(`[...document.querySelectorAll("table tr")].some((r) => r.cells[0].innerText.trim() === "users" && r.cells[5].innerText.trim() === "the beginning")`)
	if users, products := r.rows("users"), r.rows("products"); users != 0 || products != 100 {
		t.Errorf("after a reset of users there are %d users and %d products", users, products)
	}
	p.good("connection-reset")
	p.click("2")
	p.see("reset of users", "The destination has emptied the stream")
	p.good("sync-reset")
	p.visit("#/connections/-/orders")
	p.agree("Sync now", "Sync now")
	p.newest("3", "Succeeded")
	if users := r.rows("users"); users != 300 {
		t.Errorf("the sync after a reset brings %d users", users)
	}
	p.click("Reset")
	p.see("All rows of products, purchases, users are deleted from the destination lake")
	p.fill("Write orders to confirm", "orders")
	p.good("reset-question")
	p.click("Delete all rows")
	p.newest("4", "Succeeded")
	p.see("There is no state yet")
	for _, table := range []string{"users", "products", "purchases"} {
		if n := r.rows(table); n != 0 {
			t.Errorf("after a reset of all there are %d %s", n, table)
		}
	}
}
