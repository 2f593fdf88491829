package host_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/pkg/host"
)

type cloudEvent = event.Event

func failing(err error) host.Handler {
	return func(context.Context, event.Event) (*event.Event, error) { return nil, err }
}

func TestProbes(t *testing.T) {
	ready := make(chan error, 1)
	f := get("/", nil)
	f.Ready = func(context.Context) error { return <-ready }
	s := serve(t, nil, f)
	c := client(t)
	if a := do(t, c, http.MethodGet, s.url+"/healthz", "", ""); a.status != 200 {
		t.Errorf("healthz: %+v", a)
	}
	ready <- nil
	if a := do(t, c, http.MethodGet, s.url+"/readyz", "", ""); a.status != 200 {
		t.Errorf("readyz: %+v", a)
	}
	ready <- errBoom
	a := do(t, c, http.MethodGet, s.url+"/readyz", "", "")
	if a.status != 503 || problemOf(t, a).Detail != "test is not ready" || strings.Contains(a.body, "s3cret") {
		t.Errorf("readyz: %+v", a)
	}
}

// TestDrainingLetsHandlersHandOver is the way of a pod that is deleted.
func TestDrainingLetsHandlersHandOverAndAnswer(t *testing.T) {
	entered, told := make(chan struct{}), make(chan struct{})
	letGo := make(chan struct{})
	s := serve(t, nil, get("/", func(ctx context.Context, _ *host.Call) (*host.Response, error) {
		close(entered)
		<-host.Draining(ctx)
		close(told)
		<-letGo
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return &host.Response{Body: []byte("handed over")}, nil
	}))
	kept := dial(t, s) // a connection that is kept by a proxy
	send(t, kept, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
	keptReader := bufio.NewReader(kept)
	expect(t, keptReader, `{"status":"live"}`+"\n")
	answers := make(chan answer, 1)
	go func() { answers <- do(t, client(t), http.MethodGet, s.url+"/", "", "") }()
	within(t, entered, "the request")

	s.drain()
	within(t, told, "the drain signal")
	if a := do(t, client(t), http.MethodGet, s.url+"/readyz", "", ""); a.status != 503 {
		t.Errorf("ready while draining: %+v", a)
	}
	if a := do(t, client(t), http.MethodGet, s.url+"/healthz", "", ""); a.status != 200 {
		t.Errorf("not alive while draining: %+v", a)
	}
	send(t, kept, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	response, err := http.ReadResponse(keptReader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if response.StatusCode != 503 || response.Header.Get("Retry-After") != "1" || !response.Close {
		t.Errorf("a new request while draining: %+v", response)
	}
	select {
	case err := <-s.ended:
		t.Fatalf("it ended before the answer: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(letGo)
	if a := within(t, answers, "the answer"); a.status != 200 || a.body != "handed over" {
		t.Errorf("%+v", a)
	}
	if err := within(t, s.ended, "the end"); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.url + "/healthz"); err == nil { //nolint:bodyclose // there is none
		t.Error("it still listens")
	}
}

func TestAHandlerThatDoesNotObeyIsLeftBehindAfterTheDrainTimeout(t *testing.T) {
	w := newWaiting()
	s := serve(t, func(c *host.Config) { c.DrainTimeout = 200 * time.Millisecond }, get("/wait", w.handle))
	answers := make(chan answer, 1)
	go func() { answers <- do(t, client(t), http.MethodGet, s.url+"/wait", "", "") }()
	within(t, w.entered, "the request")
	s.drain()
	if err := within(t, w.ended, "the end of the handler's context"); !errors.Is(err, host.ErrStopped) {
		t.Errorf("the cause is %v", err)
	}
	if a := within(t, answers, "the answer"); a.status != 503 { // it obeyed its context, so there is one
		t.Errorf("%+v", a)
	}
	if err := within(t, s.ended, "the end"); err == nil || !strings.Contains(err.Error(), "1 requests") {
		t.Errorf("%v", err)
	}
}

func TestAbortWaitsForNobody(t *testing.T) {
	block := make(chan struct{})
	entered := make(chan struct{})
	s := serve(t, func(c *host.Config) { c.DrainTimeout = time.Hour }, get("/", func(context.Context, *host.Call) (*host.Response, error) {
		close(entered)
		<-block // not even for its context
		return nil, nil
	}))
	gone := make(chan error, 1)
	go func() {
		_, err := http.Get(s.url + "/") //nolint:bodyclose // there is none
		gone <- err
	}()
	within(t, entered, "the request")
	s.Abort()
	if err := within(t, s.ended, "the end"); err == nil {
		t.Error("it ended well, and yet a request was not done")
	}
	if err := within(t, gone, "the end of the connection"); err == nil {
		t.Error("the request was answered")
	}
	close(block)
}

func TestAHostWithoutRequestsEndsAtOnce(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.DrainTimeout = time.Hour }, get("/", nil))
	do(t, client(t), http.MethodGet, s.url+"/healthz", "", "")
	s.drain()
	if err := within(t, s.ended, "the end"); err != nil {
		t.Error(err)
	}
}

func TestAHostThatIsEndedBeforeItBeganEnds(t *testing.T) {
	for range 20 {
		s := serve(t, nil, get("/", nil))
		s.drain()
		if err := within(t, s.ended, "the end"); err != nil {
			t.Error(err)
		}
	}
}
