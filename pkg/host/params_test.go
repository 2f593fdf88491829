package host_test

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"testing"

	"knelt.dev/pkg/host"
)

// TestParametersOfThePathMayBeKept: Fiber's own are overwritten by the next
// request of the same connection.
func TestParametersOfThePathMayBeKept(t *testing.T) {
	const n = 100
	kept := make(chan string, n)
	s := serve(t, nil, host.Function{Name: "test", Routes: []host.Route{{Method: http.MethodGet, Path: "/:name", Handle: func(_ context.Context, c *host.Call) (*host.Response, error) {
		kept <- c.Params["name"]
		return nil, nil
	}}}})
	conn := dial(t, s)
	answers := bufio.NewReader(conn)
	for i := range n {
		send(t, conn, "GET /"+strconv.Itoa(1000+i)+" HTTP/1.1\r\nHost: a\r\n\r\n")
		a, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		if name := <-kept; name != strconv.Itoa(1000+i) {
			t.Errorf("request %d was kept as %s", i, name)
		}
	}
}
