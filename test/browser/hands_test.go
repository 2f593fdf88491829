package browser

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// find is the visible control of an accessible name: an element of the page, or
// null.
const find = `(name) => [...(document.querySelector("dialog[open]") || document).querySelectorAll("a, button, input, select, textarea, summary")].find((e) =>
	e.checkVisibility() && (e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText || "").replace(/\s+/g, " ").trim() === name)`

// click clicks, with the mouse, on what has a name. Something that is over it
// gets the click instead, as it would from a person.
func (p *tab) click(name string) {
	p.t.Helper()
	p.until("(" + find + ")(" + quote(name) + ")")
	at := eval[struct{ X, Y float64 }](p, `(() => {
		const e = (`+find+`)(`+quote(name)+`);
		e.scrollIntoView({ block: "center" });
		const r = e.getBoundingClientRect();
		return { X: r.left + Math.min(r.width, 60) / 2, Y: r.top + r.height / 2 };
	})()`)
	p.do(chromedp.MouseClickXY(at.X, at.Y))
}

// press presses keys where the focus is.
func (p *tab) press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// strike strikes one key as a keyboard does: what the page prevents is not
// typed. (press types in any case.)
func (p *tab) strike(key, code string) {
	p.t.Helper()
	for _, e := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: code, Text: key}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: code}} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, e); err != nil {
			p.t.Fatal(err)
		}
	}
}

// fill puts a text into a field of a name, as somebody who types it.
func (p *tab) fill(name, text string) {
	p.t.Helper()
	p.click(name)
	eval[bool](p, "document.activeElement.select?.() ?? true")
	p.press(text)
}

// agree clicks on what asks a question, and on the question's answer.
func (p *tab) agree(button, answer string, texts ...string) {
	p.t.Helper()
	p.click(button)
	p.until(`document.querySelector("dialog[open]")`)
	p.see(texts...)
	p.click(answer)
}

// choose takes an option of a list.
func (p *tab) choose(name, value string) {
	p.t.Helper()
	p.until("(" + find + ")(" + quote(name) + ")")
	eval[bool](p, `(() => {
		const e = (`+find+`)(`+quote(name)+`);
		e.value = `+quote(value)+`;
		return e.dispatchEvent(new Event("change", { bubbles: true }));
	})()`)
}

// focused is the name of what has the focus.
func (p *tab) focused() string {
	p.t.Helper()
	return eval[string](p, `(document.activeElement?.getAttribute("aria-label") || document.activeElement?.innerText || "").replace(/\s+/g, " ").trim()`)
}

// beforeAll has a script run in every document before its own.
func (p *tab) beforeAll(script string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatal(err)
	}
}
