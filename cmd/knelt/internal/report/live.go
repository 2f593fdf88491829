package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"knelt.dev/pkg/engine"
)

// live keeps a picture of the sync at the bottom of a terminal.
type live struct {
	mu      sync.Mutex
	subject Subject
	screen  *mpb.Progress
	bars    []*mpb.Bar
	picture picture
	lines   []string
	ended   engine.Event
}

// NewLive gives a Reporter for a terminal.
func NewLive(terminal *os.File, subject Subject) Reporter {
	return &live{subject: subject, screen: mpb.New(mpb.WithOutput(terminal))}
}

func (l *live) Observe(e engine.Event) {
	switch e.Kind {
	case engine.Preparing:
		l.Say(beginning(l.subject, e))
		l.begin()
		l.show([]string{"asking the connectors what they are and have"})
	case engine.Started:
		l.show([]string{"both connectors run"})
	case engine.Progress:
		l.show(l.draw(e))
	case engine.Warning:
		l.Say(warning(e))
	case engine.Ended:
		l.ended = e
	case engine.Waiting:
		l.Say(strings.TrimSuffix(waiting(l.ended, e), "\n"))
		l.show([]string{"waiting for the next attempt"})
	}
}

func (l *live) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.picture = picture{}
}

func (l *live) draw(e engine.Event) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.picture.draw(e.Ledger)
}

// show replaces the lines on the screen.
func (l *live) show(lines []string) {
	l.mu.Lock()
	l.lines = lines
	l.mu.Unlock()
	for len(l.bars) < len(lines) {
		i := len(l.bars)
		l.bars = append(l.bars, l.screen.MustAdd(0, nil, mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
			return Cut(l.line(i), s.AvailableWidth-1)
		}))))
	}
}

func (l *live) line(i int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i < len(l.lines) {
		return l.lines[i]
	}
	return ""
}

// lineStart goes to the start of the line and empties it: the terminal itself may
// have written there (^C).
const lineStart = "\r\x1b[2K"

// Say prints above the picture. Only the screen knows where that is; it fails
// once it is closed.
func (l *live) Say(text string) {
	if _, err := io.WriteString(l.screen, lineStart+text+"\n"); err != nil {
		fmt.Fprintln(os.Stderr, text)
	}
}

// Close takes the picture off the screen.
func (l *live) Close() {
	for _, bar := range l.bars {
		bar.Abort(true)
	}
	l.screen.Wait()
}
