package browser

import (
	"slices"
	"strings"
	"testing"
	"time"

	"knelt.dev/test/browser/fakeapi"
)

// asked waits for what was posted to a path, and gives the bodies.
func (p *tab) asked(path string, n int) []string {
	p.t.Helper()
	var bodies []string
	for range looks {
		bodies = nil
		for _, post := range p.world.Posts() {
			if at, body, _ := strings.Cut(post, " "); at == path {
				bodies = append(bodies, body)
			}
		}
		if len(bodies) >= n {
			break
		}
		time.Sleep(30 * time.Millisecond)
	}
	if len(bodies) != n {
		p.t.Fatalf("%s was asked %d times, not %d: %q", path, len(bodies), n, p.world.Posts())
	}
	return bodies
}

func TestASyncIsStartedAfterAQuestionAndFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.SyncTime = time.Hour
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.click("Sync now")
	p.see("Sync shop/stock now?")
	p.accessible("the question", `"wcag2a", "wcag2aa"`)
	p.click("Not now")
	p.gone("Sync shop/stock now?")
	p.asked("connections/shop/stock/syncs", 0)
	p.click("Sync now")
	p.see("goes on from its checkpoint")
	p.shot("question")
	p.click("Sync now")
	p.see("A sync of shop/stock was asked for", "Sync 89 is running")
	if body := p.asked("connections/shop/stock/syncs", 1)[0]; body != `{"kind":"sync"}` {
		t.Errorf("asked for %s", body)
	}
	if why := eval[string](p, `(`+find+`)("Sync now").title`); why != "It is being synced" {
		t.Errorf("the button says %q", why)
	}
	p.click("Sync 89")
	p.see("rows a second", "following…")
	world.Finish("shop", "stock")
	p.see("Everything adds up", "the source says", "both connectors ended with exit code 0")
	p.shot("sync-succeeded")
	p.visit("#/connections/shop/stock")
	p.until(`document.querySelector(".syncs tbody tr")?.innerText.includes("89")`)
}

func TestPausingAndResuming(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/stock")
	p.click("Pause")
	p.see("Nothing of it starts by itself")
	p.click("Pause")
	p.see("shop/stock is paused", "paused by hand")
	p.click("Resume")
	p.see("holds again")
	p.click("Resume")
	p.see("shop/stock goes on")
	p.gone("paused by hand")
	p.asked("connections/shop/stock/pause", 1)
	p.asked("connections/shop/stock/resume", 1)
}

func TestAStreamIsRefreshedByItsName(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.SyncTime = time.Hour
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.click("Refresh public.stock")
	p.see("Refresh public.stock?", "its generation becomes 3")
	p.click("Refresh")
	p.see("reads public.stock anew was asked for", "Sync 89 is running")
	if body := p.asked("connections/shop/stock/syncs", 1)[0]; body != `{"kind":"sync","refresh":[{"name":"stock","namespace":"public"}]}` {
		t.Errorf("asked for %s", body)
	}
	p.visit("#/connections/shop/stock/syncs/89")
	p.see("sync that reads anew public.stock")
}

func TestARunningSyncIsWatchedAndCancelled(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/orders/syncs/413")
	p.see("rows a second", "2 relays went on with it", "public.orders", "of 1.5M")
	relayed := `Number(document.querySelector("table tbody tr:nth-child(2) td.num").innerText.replaceAll(",", ""))`
	before := eval[int64](p, relayed)
	p.until(relayed + " > " + quoteNumber(before))
	lines := eval[int](p, `document.querySelectorAll(".line").length`)
	p.until(`document.querySelectorAll(".line").length >= ` + quoteNumber(int64(lines)))
	p.click("Cancel")
	p.see("Cancel sync 413?", "the destination commits what it was sent")
	p.click("Cancel the sync")
	p.see("Sync 413 was asked to end", "It was cancelled", "the next sync goes on from there")
	p.asked("connections/shop/orders/syncs/413/cancel", 1)
	p.gone("rows a second")
	p.shot("sync-cancelled")
}

func TestConnectorsAreChecked(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(400), desktop, "#/sources")
	p.click("Check billing-db")
	p.see("It works")
	p.click("Check crm-api")
	p.see("It does not work: no route to host")
	p.expect("503")
	p.click("Check sensors-mqtt")
	p.see("no pod can be started now")
	posts := p.asked("check", 3)
	if !slices.Contains(posts, `{"resource":{"kind":"Source","name":"billing-db","namespace":"ads"}}`) {
		t.Errorf("asked %q", posts)
	}
	p.click("Config")
	p.see("${secret:ads-api/password}")
	p.shot("sources-checked")
	p.visit("#/destinations")
	p.click("Check lake")
	p.see("It works")
}

// TestWhatATokenMayNotDoIsNotOffered: the buttons stay, and say why not.
func TestWhatATokenMayNotDoIsNotOffered(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Scopes = []string{"read"}
	p := open(t, world, desktop, "#/connections/shop/stock")
	for _, name := range []string{"Sync now", "Pause", "Refresh public.stock"} {
		p.click(name)
		if why := eval[string](p, `(`+find+`)(`+quote(name)+`).title`); !strings.Contains(why, "does not have the scope “run”") {
			t.Errorf("%s says %q", name, why)
		}
	}
	if eval[bool](p, `document.querySelector("dialog") !== null`) {
		t.Error("a question was asked")
	}
	p.accessible("buttons that may not be used", `"wcag2a", "wcag2aa"`)
	if posts := world.Posts(); len(posts) > 0 {
		t.Errorf("posted %q", posts)
	}
}

// TestARefusedActionSaysWhy, and can be tried again in the same dialog, as the
// same wish.
func TestARefusedActionSaysWhy(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.expect("503")
	world.Fail("connections/shop/stock/syncs", unavailable)
	p.click("Sync now")
	p.see("goes on from its checkpoint")
	p.click("Sync now")
	p.see("the store is away")
	p.shot("refused")
	world.Fail("connections/shop/stock/syncs", nil)
	p.click("Sync now")
	p.see("A sync of shop/stock was asked for")
	if keys := world.Keys(); len(keys) != 2 || keys[0] != keys[1] || len(keys[0]) < 20 {
		t.Errorf("the keys of the wish are %q", keys)
	}
}
