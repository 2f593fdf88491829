package host_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/host"
)

// TestNoAnswerIsMixedUpInAStorm has clients that keep connections, pipeline and
// leave at any moment: whoever waits gets its own answer, and all places are
// given back.
func TestNoAnswerIsMixedUpInAStormOfLeavingClients(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := serve(t, func(c *host.Config) { c.Concurrency = 1000 }, get("/:token", func(ctx context.Context, c *host.Call) (*host.Response, error) {
		select {
		case <-time.After(time.Duration(len(c.Params["token"])%4) * time.Millisecond):
			return &host.Response{Body: []byte(c.Params["token"])}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}))
	end := time.Now().Add(stormTime())
	var clients sync.WaitGroup
	for i := range 30 {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		clients.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				if err := visit(s.addr, fmt.Sprintf("c%d-%d-", i, n), random); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	clients.Wait()
	s.drain()
	if err := within(t, s.ended, "the end"); err != nil {
		t.Errorf("places were not given back: %v", err)
	}
}

func stormTime() time.Duration {
	if os.Getenv("KNELT_SOAK") != "" {
		return 10 * time.Minute
	}
	return time.Second
}

// visit opens a connection, asks a few times, one or two requests at once, and
// leaves before or after the answers.
func visit(addr, name string, random *rand.Rand) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	for round := range random.IntN(5) + 1 {
		var asked []string
		for k := range random.IntN(2) + 1 {
			token := fmt.Sprintf("%s%d-%d%s", name, round, k, strings.Repeat("x", random.IntN(4)))
			asked = append(asked, token)
			if _, err := fmt.Fprintf(c, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", token); err != nil {
				return err
			}
		}
		if random.IntN(4) == 0 {
			time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
			return nil
		}
		for _, token := range asked {
			if err := answered(r, token); err != nil {
				return err
			}
		}
	}
	return nil
}

func answered(r *bufio.Reader, token string) error {
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", token, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if string(body) != token {
		return fmt.Errorf("asked for %s, got %s", token, body)
	}
	return nil
}
