package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/pkg/host"
)

func TestMain(m *testing.M) {
	if beAHost() {
		return
	}
	goleak.VerifyTestMain(m,
		// One for the process, and one that sleeps for 10 s before it sees that
		// its server has ended.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// served is a host under test.
type served struct {
	url, addr string
	*host.Host
	// drain makes it end, ended gives how it did.
	drain context.CancelFunc
	ended chan error
	log   *logBuffer
}

func serve(t *testing.T, change func(*host.Config), functions ...host.Function) *served {
	t.Helper()
	s := &served{log: &logBuffer{}, ended: make(chan error, 1)}
	cfg := host.Default()
	cfg.Log = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.DrainTimeout = 5 * time.Second
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.Host, err = host.New(cfg, functions...); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.url = "http://" + s.addr
	ctx, cancel := context.WithCancel(context.Background())
	s.drain = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ended <- s.ServeOn(ctx, l)
	}()
	t.Cleanup(func() {
		cancel()
		s.Abort()
		<-done
	})
	return s
}

// client is one without kept connections, so that none are left over.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, c *http.Client, method, url, contentType, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, response.Body)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// problem is the document of an error.
type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []host.Field
}

func problemOf(t *testing.T, a answer) problem {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("an error of the type %q: %s", got, a.body)
	}
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v: %q", err, a.body)
	}
	if p.Status != a.status {
		t.Errorf("the problem says %d, the status is %d", p.Status, a.status)
	}
	if p.Instance != "urn:knelt:request:"+a.header.Get("X-Request-Id") {
		t.Errorf("instance %q, request %q", p.Instance, a.header.Get("X-Request-Id"))
	}
	return p
}

// within fails the test if nothing comes.
func within[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not come", what)
	}
	panic("not reached")
}

// eventually waits for what others do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("%s did not happen", what)
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// get is a function of one route.
func get(path string, handle host.HTTPHandler) host.Function {
	return host.Function{Name: "test", Routes: []host.Route{{Method: http.MethodGet, Path: path, Handle: handle}}}
}

var errBoom = errors.New("boom with a s3cret")

// shut closes what a test has opened.
func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
