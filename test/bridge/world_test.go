//go:build linux

package bridge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

// patience bounds every wait for what must come.
const patience = 60 * time.Second

// world is a sync with its pods, its store, and the relays that come and go.
type world struct {
	t     *testing.T
	dir   string
	redis *redistest.Server
	store *redis.Store
	order order
	pods  map[string]*pod
}

// pod is the two processes of a connector's pod.
type pod struct {
	dir         string
	serve, exec *one
}

// one is a process.
type one struct {
	cmd      *exec.Cmd
	log, out buffer
	ended    chan struct{}
}

type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// The connectors write down their process id at each start, and all bytes that
// the source says and the destination gets.
const (
	teeingSource      = `echo $$ >> "$0/pids"; "$1/source-faker" "${@:2}" | tee "$0/bytes"`
	teeingDestination = `echo $$ >> "$0/pids"; tee "$0/bytes" | "$1/destination-discard" "${@:2}"`
)

// newWorld starts the bridges of a sync of so many users; rate is in rows a
// second, 0 as fast as they are taken.
func newWorld(t *testing.T, ttl time.Duration, users int, rate float64) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), redis: redistest.Start(t), pods: map[string]*pod{}}
	var err error
	if w.store, err = redis.Open(t.Context(), w.redis.URL(), redis.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.order = order{Redis: w.redis.URL(), TTL: ttl, GiveUp: 5 * time.Second}
	catalog := w.catalog()
	source := fmt.Sprintf(`{"count":%d,"records_per_state":500,"rate":%v,"noise":["text","long_log"],"noise_every":997}`, users, rate)
	w.order.Source.Invocation = connector.Invocation{Command: connector.Read, Config: []byte(source), Catalog: catalog}
	w.order.Destination.Invocation = connector.Invocation{Command: connector.Write, Config: []byte(`{"stats":true}`), Catalog: catalog}
	w.newPods("1")
	return w
}

// newPods starts pods, as for a first attempt.
func (w *world) newPods(attempt string) {
	w.t.Helper()
	w.pods["source"] = w.newPod(attempt, secure.Source, teeingSource, &w.order.Source)
	w.pods["destination"] = w.newPod(attempt, secure.Destination, teeingDestination, &w.order.Destination)
}

// catalog selects all of the faker's streams.
func (w *world) catalog() []byte {
	w.t.Helper()
	var c airbyte.ConfiguredCatalog
	for _, name := range []string{"users", "products", "purchases"} {
		d := airbyte.Descriptor{Name: name}
		w.order.Streams = append(w.order.Streams, replication.Stream{Descriptor: d, As: d})
		c.Streams = append(c.Streams, airbyte.ConfiguredStream{
			Stream:   airbyte.Stream{Name: name, JSONSchema: []byte(`{}`), SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental}},
			SyncMode: airbyte.Incremental, DestinationSyncMode: airbyte.Append, SyncID: 1,
		})
	}
	w.order.Streams[1].As = airbyte.Descriptor{Namespace: "raw", Name: "things"}
	text, err := airbyte.Marshal(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) newPod(attempt string, which secure.Pod, script string, s *side) *pod {
	w.t.Helper()
	p := &pod{dir: filepath.Join(w.dir, attempt, string(which))}
	s.Addr = ""
	seed, err := secure.NewSyncSeed().Pod(which)
	if err == nil {
		err = os.MkdirAll(p.dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(p.path("seed"), []byte(seed.Text()), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	s.Seed = seed.Text()
	p.serve = w.start([]string{"KNELT_BRIDGE_STORE=" + w.redis.URL()}, bin+"/bridge", "serve", "--dir", p.path("pod"),
		"--listen", "127.0.0.1:0", "--health", "", "--seed-file", p.path("seed"), "--connection", connectionName, "--sync", "1",
		"--lease-ttl", w.order.TTL.String(), "--lease-absence", (10 * w.order.TTL).String(), "--grace", "500ms", "--termination-log", p.path("termination"))
	p.exec = w.start(nil, bin+"/bridge", "exec", "--dir", p.path("pod"), "--grace", "500ms", "--", "/bin/bash", "-c", script, p.dir, bin)
	w.until("the bridge's address", func() bool { s.Addr = listening(p.serve.log.String()); return s.Addr != "" })
	return p
}

func (p *pod) path(name string) string { return filepath.Join(p.dir, name) }

// listening finds the address in a sidecar's log.
func listening(log string) string {
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening for relays" {
			return entry.Address
		}
	}
	return ""
}

// start starts a process that ends with the test.
func (w *world) start(env []string, program string, args ...string) *one {
	w.t.Helper()
	p := &one{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // its state tells how
	}()
	w.t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		_ = p.cmd.Process.Kill() // it normally has ended
		<-p.ended
		if w.t.Failed() {
			w.t.Logf("%s %s:\n%.4000s", filepath.Base(program), args[0], p.log.String())
		}
	})
	return p
}

// relay starts a relay's process.
func (w *world) relay() *one {
	w.t.Helper()
	text, err := json.Marshal(w.order)
	if err != nil {
		w.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.start(nil, self, relayArg, string(text))
}

// done tells whether a process has ended.
func (p *one) done() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (w *world) signal(p *one, s syscall.Signal) {
	w.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		w.t.Fatal(err)
	}
}

// told waits for the end of a relay and gives what it said.
func (w *world) told(p *one) told {
	w.t.Helper()
	w.until("the relay's end", p.done)
	var said told
	if err := json.Unmarshal([]byte(p.out.String()), &said); err != nil {
		w.t.Fatalf("the relay says %q: %v", p.out.String(), err)
	}
	return said
}

func (w *world) until(name string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s did not come within %v", name, patience)
		}
	}
}

// got is how many bytes the destination has got.
func (w *world) got() int64 {
	info, err := os.Stat(w.pods["destination"].path("bytes"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// pid is the one process id that a connector has written down.
func (w *world) pid(name string) int {
	w.t.Helper()
	pid := 0
	w.until("the connector's process", func() bool {
		text, _ := os.ReadFile(w.pods[name].path("pids"))
		n, err := strconv.Atoi(strings.TrimSuffix(string(text), "\n"))
		pid = n
		return err == nil
	})
	return pid
}

// gone waits until a process is no more.
func (w *world) gone(pid int) {
	w.t.Helper()
	w.until("the connector's end", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || bytes.Contains(text, []byte(") Z "))
	})
}

// whole checks a sync that has come to its end: one start of each connector, the
// bytes of a relay that nothing disturbed, counts that add up, checkpoints that
// are the last.
func (w *world) whole(l replication.Ledger, users int64) {
	w.t.Helper()
	if l.Outcome != store.Succeeded || l.Total.Relayed != 3*users+100 || l.Total.StatesSent != l.Total.StatesReturned ||
		l.Total.DestinationSaid == nil || *l.Total.DestinationSaid != l.Total.Relayed {
		w.t.Errorf("%s %q: %+v", l.Outcome, l.Reasons, l.Total)
	}
	w.pid("source")
	w.pid("destination")
	want := w.undisturbed()
	if got := hashOf(w.t, w.pods["destination"].path("bytes")); got != want {
		w.t.Errorf("the destination got other bytes: %s, want %s", got, want)
	}
	checkpoint, err := w.store.Checkpoint(context.Background(), connectionName)
	if err != nil || len(checkpoint.Positions) != 3 {
		w.t.Errorf("checkpoint %+v, %v", checkpoint, err)
	}
	last := lastStates(w.t, w.pods["source"].path("bytes"))
	for _, p := range checkpoint.Positions {
		if last[p.Stream.Name] != string(p.State) {
			w.t.Errorf("the checkpoint of %s is %s, want %s", p.Stream.Name, p.State, last[p.Stream.Name])
		}
	}
}

// lastStates gives the last state of each stream as the source said it.
func lastStates(t *testing.T, path string) map[string]string {
	t.Helper()
	last, prefix := map[string]string{}, `{"type":"STATE","state":`
	each(t, path, func(line string) {
		if body, ok := strings.CutPrefix(line, prefix); ok {
			var s airbyte.StateMessage
			if err := airbyte.Unmarshal([]byte(body[:len(body)-1]), &s); err != nil {
				t.Fatal(err)
			}
			last[s.Stream.Descriptor.Name] = body[:len(body)-1]
		}
	})
	return last
}

// each calls f with every line of a file.
func each(t *testing.T, path string, f func(line string)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		f(lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// ids gives the ids of users in what the destination has got.
func (w *world) ids() map[string]bool {
	w.t.Helper()
	ids := map[string]bool{}
	each(w.t, w.pods["destination"].path("bytes"), func(line string) {
		if m := userID.FindStringSubmatch(line); m != nil {
			ids[m[1]] = true
		}
	})
	return ids
}

var userID = regexp.MustCompile(`^{"type":"RECORD","record":{"stream":"users".*?"id":(\d+)`)

// undisturbed relays what the source has said once more, over plain pipes, and
// hashes what comes out.
func (w *world) undisturbed() string {
	w.t.Helper()
	dir := w.t.TempDir()
	rt := process.New(process.Config{Root: dir})
	start := func(command connector.Command, script string, args ...string) connector.Run {
		run, err := rt.Start(w.t.Context(), connector.Connector{Command: append([]string{"/bin/bash", "-c", script}, args...)}, connector.Invocation{Command: command})
		if err != nil {
			w.t.Fatal(err)
		}
		return run
	}
	source := start(connector.Read, `cat "$0"`, w.pods["source"].path("bytes"))
	destination := start(connector.Write, `tee "$0" | sed -n '/^{"type":"STATE"/p'`, dir+"/bytes")
	cfg := replication.Config{Streams: w.order.Streams, SupportsRefreshes: true, Emitted: emitted, Checkpoints: nowhere{}}
	if l := replication.New(cfg, source, destination).Run(w.t.Context()); l.Outcome != store.Succeeded {
		w.t.Fatalf("undisturbed: %s %q", l.Outcome, l.Reasons)
	}
	return hashOf(w.t, dir+"/bytes")
}

// nowhere keeps no checkpoints.
type nowhere struct{}

func (nowhere) SaveCheckpoint(context.Context, []store.Position) error      { return nil }
func (nowhere) ClearCheckpoint(context.Context, []airbyte.Descriptor) error { return nil }

func hashOf(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
