package report

import (
	"fmt"
	"io"
	"sync"
	"time"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
)

// every is how often a line of progress is printed where nobody watches live.
const every = 10 * time.Second

// lines prints a few plain lines, for pipes and files.
type lines struct {
	mu          sync.Mutex
	out, errOut io.Writer
	subject     Subject
	speed       speed
	next        time.Duration
	ended       engine.Event
}

// NewLines gives a Reporter that prints a few plain lines on out, and warnings on
// errOut.
func NewLines(out, errOut io.Writer, subject Subject) Reporter {
	return &lines{out: out, errOut: errOut, subject: subject}
}

func (l *lines) Observe(e engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case engine.Preparing:
		l.next, l.speed = every, speed{}
		fmt.Fprintln(l.out, beginning(l.subject, e))
	case engine.Started:
		fmt.Fprintln(l.out, "both connectors run")
	case engine.Progress:
		l.progress(e.Ledger)
	case engine.Warning:
		fmt.Fprintln(l.errOut, warning(e))
	case engine.Ended:
		l.ended = e
	case engine.Waiting:
		fmt.Fprint(l.errOut, waiting(l.ended, e))
	}
}

func (l *lines) progress(ledger *replication.Ledger) {
	if ledger == nil || ledger.Elapsed < l.next {
		return
	}
	l.next = ledger.Elapsed.Truncate(every) + every
	t := ledger.Total
	fmt.Fprintf(l.out, "%s: %s rows, %s MB, %s MB/s, states: %s sent, %s returned\n",
		Duration(ledger.Elapsed), Count(t.Relayed), Megabytes(float64(t.Bytes)),
		Megabytes(l.speed.add(ledger.Elapsed, t.Bytes)), Count(t.StatesSent), Count(t.StatesReturned))
}

func (l *lines) Say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.errOut, text)
}

func (l *lines) Close() {}

func beginning(s Subject, e engine.Event) string {
	text := fmt.Sprintf("%s: sync %d from %s to %s", s.Connection, e.Sync, s.Source, s.Destination)
	if e.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", e.Attempt)
	}
	return text
}

func warning(e engine.Event) string { return "warning: " + Clean(e.Message) }

// waiting says why an attempt was not the last one.
func waiting(ended, e engine.Event) string {
	text := fmt.Sprintf("attempt %d: %s; the next one begins in %s\n", e.Attempt, ended.Status, Duration(time.Duration(e.Wait)))
	for _, reason := range ended.Reasons {
		text += Item(Clean(reason))
	}
	return text
}
