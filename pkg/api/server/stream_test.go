package server_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/apitest"
)

// sse is one event of a stream.
type sse struct{ name, id, data string }

// follow opens a stream and gives its events; the channel is closed at its end.
func (w *world) follow(t *testing.T, id api.OperationID, path string, header ...string) <-chan sse {
	t.Helper()
	r := w.request(t, api.Read, http.MethodGet, api.Base+path, "", header...)
	a, err := client.Do(r) //nolint:bodyclose // it is closed by whoever reads it, below
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %s %s", path, a.Status, a.Header.Get("Content-Type"))
	}
	found := make(chan sse, 1000)
	go func() {
		defer close(found)
		defer a.Body.Close() //nolint:errcheck // it was only read
		var e sse
		lines := bufio.NewScanner(a.Body)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					apitest.Event(t, api.Of(id), e.name, []byte(e.data))
					found <- e
				}
				e = sse{}
			}
		}
	}()
	return found
}

// next gives the next event of a stream.
func next(t *testing.T, stream <-chan sse) sse {
	t.Helper()
	select {
	case e, ok := <-stream:
		if !ok {
			t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("no event came")
		return sse{}
	}
}
