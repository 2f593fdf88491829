package host_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/host"
)

func post(path string, handle host.HTTPHandler) host.Function {
	return host.Function{Name: "test", Routes: []host.Route{{Method: http.MethodPost, Path: path, Handle: handle}}}
}

func echoLength(_ context.Context, c *host.Call) (*host.Response, error) {
	return &host.Response{Body: fmt.Appendf(nil, "%d", len(c.Body))}, nil
}

// TestABodyOverTheLimitIsRefused sends it with and without a length, by clients
// that write all before they read.
func TestABodyOverTheLimitIsRefused(t *testing.T) {
	const limit = 100_000
	s := serve(t, func(c *host.Config) { c.BodyLimit = limit }, post("/echo", echoLength))
	for _, size := range []int{0, 1, limit - 1, limit, limit + 1, 2 * limit, 30 << 20} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d bytes, chunked %v", size, chunked), func(t *testing.T) {
				c := dial(t, s)
				body := bytes.Repeat([]byte("x"), size)
				request, err := http.NewRequest(http.MethodPost, s.url+"/echo", struct{ io.Reader }{bytes.NewReader(body)})
				if err != nil {
					t.Fatal(err)
				}
				if !chunked {
					request.ContentLength = int64(size)
				}
				if err := request.Write(c); err != nil {
					t.Fatalf("the connection was cut before the answer: %v", err)
				}
				response, err := http.ReadResponse(bufio.NewReader(c), request)
				if err != nil {
					t.Fatalf("no answer: %v", err)
				}
				defer shut(t, response.Body)
				text, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				a := answer{response.StatusCode, response.Header, string(text)}
				if size <= limit {
					if a.status != 200 || a.body != fmt.Sprint(size) {
						t.Errorf("%+v", a)
					}
					return
				}
				if p := problemOf(t, a); a.status != 413 || !strings.Contains(p.Detail, "100000 bytes") {
					t.Errorf("%+v", a)
				}
			})
		}
	}
}

// TestEndlessBodiesAreCutOff: nothing is kept of them.
func TestAnEndlessBodyIsCutOff(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.BodyLimit = 1000 }, post("/echo", echoLength))
	c := dial(t, s)
	send(t, c, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := []byte("10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n")
	if err := c.SetWriteDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := c.Write(chunk); err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Error("the connection is still open")
			}
			return
		}
	}
}

func TestBrokenRequestsGetProblems(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.ReadTimeout = 200 * time.Millisecond }, post("/echo", echoLength))
	for text, status := range map[string]int{
		"GET\r\n\r\n": 400,
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc":             408,
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 40<<10) + "\r\n\r\n": 431,
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":  400,
	} {
		c := dial(t, s)
		send(t, c, text)
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%.40q: %v", text, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
		if problemOf(t, answer{response.StatusCode, response.Header, string(body)}); response.StatusCode != status {
			t.Errorf("%.40q: status %d, want %d", text, response.StatusCode, status)
		}
	}
}

func TestMoreThanTheLimitAtOnceAreAskedToComeBack(t *testing.T) {
	w := newWaiting()
	s := serve(t, func(c *host.Config) { c.Concurrency = 2 }, get("/wait", w.handle))
	answers := make(chan answer, 2)
	for range 2 {
		go func() { answers <- do(t, client(t), http.MethodGet, s.url+"/wait", "", "") }()
		within(t, w.entered, "a request")
	}
	a := do(t, client(t), http.MethodGet, s.url+"/wait", "", "")
	if a.status != 503 || a.header.Get("Retry-After") != "1" || !strings.Contains(problemOf(t, a).Detail, "2 requests at once") {
		t.Errorf("%+v", a)
	}
	if a := do(t, client(t), http.MethodGet, s.url+"/readyz", "", ""); a.status != 200 {
		t.Errorf("probes count: %+v", a)
	}
	close(w.letGo)
	for range 2 {
		if a := within(t, answers, "an answer"); a.status != 200 {
			t.Errorf("%+v", a)
		}
	}
	if a := do(t, client(t), http.MethodGet, s.url+"/wait", "", ""); a.status != 200 {
		t.Errorf("the places were not given back: %+v", a)
	}
}

func TestAHandlerKnowsHowLongItHas(t *testing.T) {
	left := make(chan time.Duration, 1)
	s := serve(t, func(c *host.Config) { c.RequestTimeout, c.Margin = time.Hour, 10*time.Minute }, get("/", func(ctx context.Context, _ *host.Call) (*host.Response, error) {
		d, ok := ctx.Deadline()
		if !ok {
			return nil, errBoom
		}
		left <- time.Until(d)
		return nil, nil
	}))
	if a := do(t, client(t), http.MethodGet, s.url+"/", "", ""); a.status != 204 || a.body != "" {
		t.Fatalf("%+v", a)
	}
	if d := <-left; d < 49*time.Minute || d > 50*time.Minute {
		t.Errorf("%s left of an hour less ten minutes", d)
	}
}

func TestAHandlerThatIsLateGetsATimeoutThatIsTriedAgain(t *testing.T) {
	w := newWaiting()
	s := serve(t, func(c *host.Config) { c.RequestTimeout, c.Margin = 300*time.Millisecond, 200*time.Millisecond }, get("/wait", w.handle))
	a := do(t, client(t), http.MethodGet, s.url+"/wait", "", "")
	if a.status != 504 || problemOf(t, a).Type != "https://knelt.dev/problems/deadline" {
		t.Errorf("%+v", a)
	}
	if err := within(t, w.ended, "the handler's end"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
