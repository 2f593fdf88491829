package replication_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// fakeRun is a connector made of a function. It runs on real pipes, so that
// back-pressure and broken pipes are those of a process.
type fakeRun struct {
	stdin          *os.File
	stdout, stderr *os.File
	ended          chan connector.Exit
	killed         chan struct{}
	kill           sync.Once
	closers        []io.Closer
}

// program is a connector's behaviour; its result is the exit code.
type program func(p *process) int

// process is what a program sees.
type process struct {
	in     *bufio.Reader
	stdin  *os.File
	out    *os.File
	err    *os.File
	killed <-chan struct{}
}

// say writes lines to stdout.
func (p *process) say(lines ...string) {
	for _, l := range lines {
		if _, err := io.WriteString(p.out, l+"\n"); err != nil {
			return // the reader is gone: a program would get SIGPIPE
		}
	}
}

// line reads one line of stdin; false at the end.
func (p *process) line() (string, bool) {
	l, err := p.in.ReadString('\n')
	return strings.TrimSuffix(l, "\n"), err == nil
}

func start(t *testing.T, f program) *fakeRun {
	t.Helper()
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	errR, errW := pipe(t)
	r := &fakeRun{stdin: inW, stdout: outR, stderr: errR, ended: make(chan connector.Exit, 1), killed: make(chan struct{})}
	p := &process{in: bufio.NewReaderSize(inR, 1<<16), stdin: inR, out: outW, err: errW, killed: r.killed}
	go func() {
		code := f(p)
		exit := connector.Exit{Code: code}
		select {
		case <-r.killed:
			exit = connector.Exit{Code: 143, Signal: "SIGTERM", Terminated: true}
		default:
		}
		for _, c := range []*os.File{inR, outW, errW} {
			if err := c.Close(); err != nil {
				t.Errorf("closing a pipe: %v", err)
			}
		}
		r.ended <- exit
	}()
	return r
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

func (r *fakeRun) Stdin() io.WriteCloser         { return r.stdin }
func (r *fakeRun) Stdout() io.Reader             { return r.stdout }
func (r *fakeRun) Stderr() io.Reader             { return r.stderr }
func (r *fakeRun) Wait() (connector.Exit, error) { return <-r.ended, nil }
func (r *fakeRun) Terminate(time.Duration)       { r.kill.Do(func() { close(r.killed) }) }

// memory is a Checkpointer that remembers.
type memory struct {
	mu        sync.Mutex
	positions map[airbyte.Descriptor]string
	history   []string
	err       error
}

func (m *memory) SaveCheckpoint(_ context.Context, ps []store.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, p := range ps {
		m.positions[p.Stream] = string(p.State)
		m.history = append(m.history, string(p.State))
	}
	return nil
}

func (m *memory) ClearCheckpoint(_ context.Context, ds []airbyte.Descriptor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		delete(m.positions, d)
	}
	return nil
}

// logbook keeps log lines as text.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) log(line replication.LogLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, "%s %s %s\n", line.Origin, line.Level, line.Message)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// trial is one relay between two programs.
type trial struct {
	source, destination program
	cfg                 replication.Config
	during              func(r *replication.Relay, cancel context.CancelCauseFunc)
}

// result is what a trial left behind.
type result struct {
	ledger     replication.Ledger
	checkpoint *memory
	log        string
}

func (tr trial) run(t *testing.T) result {
	t.Helper()
	m := &memory{positions: map[airbyte.Descriptor]string{}}
	var book logbook
	tr.cfg.Log = book.log
	if tr.cfg.Checkpoints == nil {
		tr.cfg.Checkpoints = m
	}
	if tr.cfg.Streams == nil {
		tr.cfg.Streams = []replication.Stream{named("users")}
	}
	relay := replication.New(tr.cfg, start(t, tr.source), start(t, tr.destination))
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if tr.during != nil {
		go tr.during(relay, cancel)
	}
	done := make(chan replication.Ledger, 1)
	go func() { done <- relay.Run(ctx) }()
	select {
	case l := <-done:
		return result{l, m, book.String()}
	case <-time.After(30 * time.Second):
		t.Fatalf("the relay hangs; log:\n%s", book.String())
		return result{}
	}
}

func named(name string) replication.Stream {
	d := airbyte.Descriptor{Name: name}
	return replication.Stream{Descriptor: d, As: d}
}

func record(stream string, i int) string {
	return fmt.Sprintf(`{"type":"RECORD","record":{"stream":%q,"data":{"id":%d},"emitted_at":1}}`, stream, i)
}

func streamState(stream string, cursor int) string {
	return fmt.Sprintf(`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":%q},"stream_state":{"cursor":%d}}}}`, stream, cursor)
}

func status(stream, status string) string {
	return fmt.Sprintf(`{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.5,"stream_status":{"stream_descriptor":{"name":%q},"status":%q}}}`, stream, status)
}

// echoStates is a destination that returns every state as it came and keeps
// what it read.
func echoStates(kept *strings.Builder) program {
	return func(p *process) int {
		for {
			l, ok := p.line()
			if !ok {
				return 0
			}
			if kept != nil {
				kept.WriteString(l + "\n")
			}
			if strings.Contains(l, `"STATE"`) {
				p.say(l)
			}
		}
	}
}
