package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"knelt.dev/pkg/host"
	"knelt.dev/test/browser/fakeapi"
)

const stateText = "State, as JSON"

// rewrite replaces a part of the state that is edited, as somebody who types.
func (p *tab) rewrite(old, fresh string) {
	p.t.Helper()
	p.until("(" + find + ")(" + quote(stateText) + ")")
	if !eval[bool](p, `(() => {
		const e = (`+find+`)(`+quote(stateText)+`), at = e.value.indexOf(`+quote(old)+`);
		e.focus();
		e.setSelectionRange(at, at + `+quoteNumber(int64(len(old)))+`);
		return at >= 0 && document.execCommand("insertText", false, `+quote(fresh)+`);
	})()`) {
		p.t.Fatalf("the state has no %q", old)
	}
}

// judged waits for what the dialog says of what is written.
func (p *tab) judged(text string) {
	p.t.Helper()
	p.until(`document.querySelector("#state-judged").innerText.replace(/\s+/g, " ").includes(` + quote(text) + `)`)
}

func TestAStateIsEditedLiteralByLiteral(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/connections/shop/stock")
	p.see(`"lsn":18446744073709551613`) // which is none of JavaScript's numbers
	p.click("Edit the state")
	p.see("Edit the state of shop/stock", "What is left out is forgotten", "Nothing is changed yet")
	p.until(`document.activeElement.id === "state-text"`)
	p.press(kb.Tab) // which does not stay in the text
	if at := p.focused(); at != "Not now" {
		t.Errorf("Tab leads to %q", at)
	}
	p.press(kb.Escape)
	p.gone("Edit the state of")
	p.until(`document.activeElement.getAttribute("aria-label") === "Edit the state"`)
	p.press(kb.Enter)
	p.see("Edit the state of shop/stock")
	p.click("Replace the state") // may not be used yet
	p.asked("connections/shop/stock/state", 0)
	p.rewrite("2026-03-14T09:26:53.589Z", "2026-01-01T00:00:00.000Z")
	p.judged("public.stock from another position")
	p.accessible("editing a state", wcag)
	p.shot("state-edit")
	p.click("Replace the state")
	p.see("The state of shop/stock was replaced", `"cursor":"2026-01-01T00:00:00.000Z"`)
	body := p.asked("connections/shop/stock/state", 1)[0]
	if !strings.HasPrefix(body, `{"state":[`) || !strings.Contains(body, `"lsn": 18446744073709551613`) {
		t.Errorf("put was %s", body)
	}
	p.click("Edit the state")
	p.fill(stateText, "[]")
	p.judged("public.stock, public.stock_lines from the beginning")
	p.click("Replace the state")
	p.see("There is no state yet")
}

func TestAStateThatIsNoneIsNotSent(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop.in("dark"), "#/connections/shop/stock")
	p.click("Edit the state")
	for text, why := range map[string]string{
		`[{"type": "STREAM",}]`: "It is no JSON: ", " ": "It is no JSON: ", "17": "It has to be a list of states", "null": "It has to be a list of states", "[{}, 3]": "Item 1 of the list is no object",
	} {
		p.fill(stateText, text)
		p.judged(why)
		if !eval[bool](p, `document.querySelector("#state-text").getAttribute("aria-invalid") === "true"`) {
			t.Errorf("nobody is told that %q is wrong", text)
		}
		p.click("Replace the state")
	}
	p.accessible("a state that is none", wcag)
	p.shot("state-wrong-dark")
	p.asked("connections/shop/stock/state", 0)
}

// TestAStateThatTheAPIRefusesIsKeptAsItIsWritten: what was written is not lost.
func TestAStateThatTheAPIRefusesIsKeptAsItIsWritten(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	p := open(t, world, phone, "#/connections/shop/stock")
	p.expect("422")
	p.click("Edit the state")
	p.fill(stateText, `[{"type": "STREAM", "stream": {}}]`)
	p.judged("a stream without a name")
	p.click("Replace the state")
	p.see("the state is none that a source can be given", "/state")
	p.fits("a refused state")
	p.accessible("a refused state", wcag)
	p.shot("state-refused-phone")
	p.fill(stateText, "[]")
	p.expect("409")
	world.Fail("connections/shop/stock/state", host.Because(host.Held, errHeld))
	p.click("Replace the state")
	p.see("the connection is being synced")
	world.Fail("connections/shop/stock/state", nil)
	world.PutState("shop", "stock", `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"stock","namespace":"public"},"stream_state":{"cursor":"moved"}}}]`)
	p.click("Replace the state")
	p.expect("412")
	p.see("It has changed meanwhile", "has moved the state since it was read")
	if text := eval[string](p, `document.querySelector("#state-text").value`); text != "[]" {
		t.Errorf("what was written has become %q", text)
	}
}

// TestAStateIsNotEditedByWhomItMayNot, nor while it is moved.
func TestAStateAndARowAreOnlyTouchedByWhoMay(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.Scopes = []string{"read", "run"}
	p := open(t, world, desktop, "#/connections/shop/stock")
	for _, name := range []string{"Edit the state", "Reset", "Reset public.stock"} {
		p.click(name)
		if why := eval[string](p, `(`+find+`)(`+quote(name)+`).title`); !strings.Contains(why, "does not have the scope “admin”") {
			t.Errorf("%s says %q", name, why)
		}
	}
	q := open(t, fakeapi.New(6), desktop, "#/connections/shop/orders")
	q.see("is running")
	for _, name := range []string{"Edit the state", "Reset", "Reset public.orders"} {
		q.click(name)
		if why := eval[string](q, `(`+find+`)(`+quote(name)+`).title`); why != "It is being synced" {
			t.Errorf("%s says %q", name, why)
		}
	}
	q.visit("#/connections/shop/stock")
	q.see("not selected")
	if why := eval[string](q, `(`+find+`)("Reset public.old_prices").title`); why != "The connection does not select it" {
		t.Errorf("what is not selected can be reset: %q", why)
	}
	for _, p := range []*tab{p, q} {
		if eval[bool](p, `document.querySelector("dialog") !== null`) || len(p.world.Posts()) > 0 {
			t.Errorf("something was asked: %q", p.world.Posts())
		}
	}
}

func TestAStreamIsResetAfterAQuestionThatSaysWhatIsDeleted(t *testing.T) {
	t.Parallel()
	world := fakeapi.New(6)
	world.SyncTime = time.Hour
	p := open(t, world, desktop, "#/connections/shop/stock")
	p.click("Reset public.stock")
	p.see("Reset public.stock?", "All rows of public.stock are deleted from the destination", "The other streams stay as they are", "This cannot be undone", "It is due in")
	p.accessible("a question of a reset", wcag)
	p.shot("reset-stream")
	p.click("Delete its rows")
	p.see("A reset of public.stock was asked for", "Sync 89 is running")
	if body := p.asked("connections/shop/stock/syncs", 1)[0]; body != `{"kind":"reset","refresh":[{"name":"stock","namespace":"public"}]}` {
		t.Errorf("asked for %s", body)
	}
	p.visit("#/connections/shop/stock/syncs/89")
	p.see("reset of public.stock")
	world.Finish("shop", "stock")
	p.see("The destination has emptied the stream")
	p.shot("sync-reset")
	p.visit("#/connections/shop/stock")
	p.see("public.stock_lines")
	p.gone("18446744073709551613")
	p.until(`document.querySelector(".syncs tbody tr").innerText.includes("reset")`)
}

// TestAWholeConnectionIsResetByItsNameAlone: nobody does it by two clicks.
func TestAWholeConnectionIsResetByItsNameAlone(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), phone.in("dark"), "#/connections/shop/stock")
	p.click("Reset")
	p.see("Reset shop/stock?", "All rows of public.currencies, public.stock, public.stock_lines are deleted")
	p.until(`document.activeElement.id === "reset-name"`)
	p.press(kb.Enter)
	p.press("stock" + kb.Enter)
	p.see("Write shop/stock to confirm")
	p.asked("connections/shop/stock/syncs", 0)
	p.accessible("a question of a whole reset", wcag)
	p.fits("a question of a whole reset")
	p.shot("reset-phone-dark")
	for range len("stock") {
		p.press(kb.Backspace)
	}
	p.press("shop/stock" + kb.Enter)
	p.see("A reset of shop/stock was asked for")
	if body := p.asked("connections/shop/stock/syncs", 1)[0]; body != `{"kind":"reset"}` {
		t.Errorf("asked for %s", body)
	}
	p.see("There is no state yet")
}
