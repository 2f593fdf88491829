package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"knelt.dev/test/browser/fakeapi"
)

// tab is a page in a browser context of its own: no storage is shared.
type tab struct {
	t   *testing.T
	ctx context.Context
	// site is the address of the page.
	site string
	// server of a made-up world; nil where the page is of a real one.
	*server

	mu       sync.Mutex
	noise    []string
	expected []string
}

// look is how a tab looks at the page.
type look struct {
	width, height int64
	scheme        string
	// before is a script that runs before the page's own.
	before string
}

var desktop, phone = look{width: 1280, height: 860}, look{width: 390, height: 844}

func (l look) in(scheme string) look {
	l.scheme = scheme
	return l
}

// open opens the page of a made-up world at a place, "#/..." .
func open(t *testing.T, world *fakeapi.World, l look, place string) *tab {
	t.Helper()
	s := serve(t, world)
	p := openSite(t, s.url(), l, place)
	p.server = s
	return p
}

// openSite opens the page of any server.
func openSite(t *testing.T, site string, l look, place string) *tab {
	t.Helper()
	p := &tab{t: t, site: site}
	ctx, cancel := context.WithTimeout(chromium, 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p.ctx = ctx
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.quiet)
	p.prepare(l)
	p.do(chromedp.Navigate(site + place))
	return p
}

func (p *tab) prepare(l look) {
	if l.scheme == "" {
		l.scheme = "light"
	}
	// Less motion: what is on its way from one colour to another has neither.
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, media); err != nil {
		p.t.Fatal(err)
	}
	if l.before != "" {
		p.beforeAll(l.before)
	}
	p.do(chromedp.EmulateViewport(l.width, l.height))
}

// hear keeps what the console tells, but for the browser's own remarks.
func (p *tab) hear(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text = string(e.Type)
		for _, a := range e.Args {
			text += " " + string(a.Value) + a.Description
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "verbose" {
			return
		}
		text = fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noise = append(p.noise, text)
}

// expect allows the console to tell of something that is part of the test.
func (p *tab) expect(text string) { p.expected = append(p.expected, text) }

// quiet fails the test if the console told of anything else.
func (p *tab) quiet() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.noise {
		known := false
		for _, e := range p.expected {
			known = known || strings.Contains(line, e)
		}
		if !known {
			p.t.Errorf("the console says: %s", line)
		}
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// eval gives the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// looks is how often a condition is looked for: for a minute or more. It is not
// the clock that decides, which goes on while a busy machine lets nobody work.
const looks = 2000

// until waits for an expression to be true.
func (p *tab) until(expression string) {
	p.t.Helper()
	for range looks {
		now, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("(() => { try { return Boolean("+expression+") } catch { return false } })()"))
		if err == nil && now { // while a page is exchanged for another there is an error
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	p.shot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
	p.t.Fatalf("it never came true: %s\nthe page says:\n%s", expression, eval[string](p, "document.body.innerText.slice(0, 4000)"))
}

// see waits for texts to be on the page, gone for one to be there no more.
func (p *tab) see(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.until("document.body.innerText.replace(/\\s+/g, ' ').includes(" + quote(text) + ")")
	}
}

func (p *tab) gone(text string) {
	p.t.Helper()
	p.until("!document.body.innerText.replace(/\\s+/g, ' ').includes(" + quote(text) + ")")
}

// visit goes to another place as a link does.
func (p *tab) visit(place string) {
	p.t.Helper()
	eval[string](p, "location.hash = "+quote(strings.TrimPrefix(place, "#")))
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// shot keeps a screenshot of what is on the screen. A browser with many tabs may
// let a frame wait for ever: it is asked again.
func (p *tab) shot(name string) {
	p.t.Helper()
	for tries := 1; ; tries++ {
		ctx, cancel := context.WithTimeout(p.ctx, 40*time.Second)
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		cancel()
		if err == nil {
			err = os.WriteFile(filepath.Join(screenshots, name+".png"), png, 0o644)
		}
		if err == nil {
			return
		}
		if tries == 3 || p.ctx.Err() != nil {
			p.t.Fatalf("a screenshot, tried %d times: %v", tries, err)
		}
	}
}
