package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/host"
)

// waiting is a function whose handler waits for its context, or to be let go.
type waiting struct {
	entered chan string
	ended   chan error
	letGo   chan struct{}
}

func newWaiting() *waiting {
	return &waiting{entered: make(chan string, 100), ended: make(chan error, 100), letGo: make(chan struct{})}
}

func (w *waiting) handle(ctx context.Context, c *host.Call) (*host.Response, error) {
	w.entered <- c.Query.Get("n")
	select {
	case <-ctx.Done():
		w.ended <- context.Cause(ctx)
		return nil, ctx.Err()
	case <-w.letGo:
		w.ended <- nil
		return &host.Response{Body: []byte("answer " + c.Query.Get("n"))}, nil
	}
}

func dial(t *testing.T, s *served) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // some tests have closed it
	return c.(*net.TCPConn)
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

const getN = "GET /wait?n=%d HTTP/1.1\r\nHost: a\r\n\r\n"

func TestAClientThatGoesEndsItsRequest(t *testing.T) {
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed":      func(c *net.TCPConn) error { return c.Close() },
		"reset":       func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) },
		"half closed": func(c *net.TCPConn) error { return c.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWaiting()
			s := serve(t, nil, get("/wait", w.handle))
			c := dial(t, s)
			send(t, c, fmt.Sprintf(getN, 1))
			within(t, w.entered, "the request")
			if err := leave(c); err != nil {
				t.Fatal(err)
			}
			if err := within(t, w.ended, "the end of the handler's context"); !errors.Is(err, host.ErrClientGone) {
				t.Errorf("the cause is %v", err)
			}
			eventually(t, "a line in the log", func() bool { return strings.Contains(s.log.String(), `"status":499`) })
		})
	}
}

// TestAClientThatGoesWithAPostIsNoticed: the body was read before.
func TestAClientThatGoesDuringAPostEndsItsRequest(t *testing.T) {
	w := newWaiting()
	s := serve(t, nil, host.Function{Name: "test", Routes: []host.Route{{Method: http.MethodPost, Path: "/wait", Handle: w.handle}}})
	c := dial(t, s)
	send(t, c, "POST /wait HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	within(t, w.entered, "the request")
	shut(t, c)
	if err := within(t, w.ended, "the end of the handler's context"); !errors.Is(err, host.ErrClientGone) {
		t.Errorf("the cause is %v", err)
	}
}

func TestAClientThatStaysIsNotTakenForGone(t *testing.T) {
	w := newWaiting()
	s := serve(t, func(c *host.Config) { c.ReadTimeout = 50 * time.Millisecond }, get("/wait", w.handle))
	c := dial(t, s)
	r := bufio.NewReader(c)
	for n := range 3 {
		send(t, c, fmt.Sprintf(getN, n))
		within(t, w.entered, "the request")
		select {
		case err := <-w.ended:
			t.Fatalf("the handler's context ended: %v", err)
		case <-time.After(200 * time.Millisecond): // longer than the read timeout
		}
		w.letGo <- struct{}{}
		expect(t, r, fmt.Sprintf("answer %d", n))
		if err := within(t, w.ended, "the handler's end"); err != nil {
			t.Error(err)
		}
	}
}

// TestPipelinedRequestsAreAllAnswered sends what follows while a handler is at
// work, in pieces, so that the watch reads some of it.
func TestPipelinedRequestsAreAllAnswered(t *testing.T) {
	w := newWaiting()
	s := serve(t, nil, get("/wait", w.handle))
	c := dial(t, s)
	send(t, c, fmt.Sprintf(getN, 0))
	within(t, w.entered, "the first request")
	rest := ""
	for n := 1; n <= 50; n++ {
		rest += fmt.Sprintf("GET /wait?n=%d HTTP/1.1\r\nHost: a\r\nX-Filler: %s\r\n\r\n", n, strings.Repeat("x", 40*n))
	}
	for len(rest) > 0 {
		n := min(len(rest), 1000)
		send(t, c, rest[:n])
		rest = rest[n:]
		time.Sleep(time.Millisecond)
	}
	close(w.letGo)
	r := bufio.NewReader(c)
	for n := range 51 {
		expect(t, r, fmt.Sprintf("answer %d", n))
	}
}

// TestAClientThatPipelinesAndGoesIsNoticed: the end comes after a request that
// waits.
func TestAClientThatPipelinesAndGoesEndsItsRequest(t *testing.T) {
	w := newWaiting()
	s := serve(t, nil, get("/wait", w.handle))
	c := dial(t, s)
	send(t, c, fmt.Sprintf(getN, 0))
	within(t, w.entered, "the first request")
	send(t, c, fmt.Sprintf(getN, 1))
	shut(t, c)
	if err := within(t, w.ended, "the end of the handler's context"); !errors.Is(err, host.ErrClientGone) {
		t.Errorf("the cause is %v", err)
	}
}

// TestAFloodBehindARequestIsNotKept: what a client sends while its request is
// handled is read up to a limit.
func TestAFloodBehindARequestIsNotRead(t *testing.T) {
	w := newWaiting()
	s := serve(t, nil, get("/wait", w.handle))
	c := dial(t, s)
	send(t, c, fmt.Sprintf(getN, 0))
	within(t, w.entered, "the request")
	if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	sent, junk := 0, make([]byte, 1<<20)
	for sent < 256<<20 {
		n, err := c.Write(junk)
		sent += n
		if err != nil {
			break
		}
	}
	if sent >= 256<<20 {
		t.Errorf("%d bytes were read behind a request", sent)
	}
	close(w.letGo)
	expect(t, bufio.NewReader(c), "answer 0")
}

func expect(t *testing.T, r *bufio.Reader, body string) {
	t.Helper()
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("waiting for %q: %v", body, err)
	}
	defer shut(t, response.Body)
	got := new(strings.Builder)
	if _, err := bufio.NewReader(response.Body).WriteTo(got); err != nil {
		t.Fatal(err)
	}
	if got.String() != body {
		t.Errorf("got %q, want %q", got, body)
	}
}
