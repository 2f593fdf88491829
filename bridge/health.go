//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// probes answers Kubernetes' HTTP probes: /healthz while the process lives,
// /readyz once it listens for relays, which it does before it listens here. It
// speaks just enough HTTP for that: net/http would make the binary a quarter
// larger.
type probes struct {
	l    net.Listener // nil: none were wanted
	room chan struct{}
	all  sync.WaitGroup
}

// Limits of a probe.
const (
	maxProbes    = 16
	maxProbe     = 4 << 10 // bytes of a request
	probeTimeout = 5 * time.Second
)

// serveHealth listens on address, unless that is empty.
func serveHealth(address string) (*probes, error) {
	p := &probes{room: make(chan struct{}, maxProbes)}
	if address == "" {
		return p, nil
	}
	var err error
	if p.l, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("listening for probes: %w", err)
	}
	p.all.Go(p.accept)
	return p, nil
}

func (p *probes) accept() {
	for {
		conn, err := p.l.Accept()
		if err != nil {
			return // closed; or out of descriptors, which a probe should notice
		}
		p.room <- struct{}{} // the others' timeout makes room
		p.all.Go(func() {
			defer func() { <-p.room }()
			defer conn.Close() //nolint:errcheck // a probe asks again
			if conn.SetDeadline(time.Now().Add(probeTimeout)) == nil {
				_, _ = io.WriteString(conn, answer(conn)) // likewise
			}
		})
	}
}

// answer reads a request and gives the response.
func answer(conn io.Reader) string {
	r := bufio.NewReader(io.LimitReader(conn, maxProbe))
	line, err := r.ReadString('\n')
	for more := line; err == nil && strings.TrimSpace(more) != ""; {
		more, err = r.ReadString('\n') // headers: a close over unread bytes would reset the connection
	}
	words := strings.Fields(line)
	status, text := "404 Not Found", "there are /healthz and /readyz\n"
	if len(words) == 3 && (words[1] == "/healthz" || words[1] == "/readyz") {
		status, text = "200 OK", "ok\n"
	}
	if len(words) == 3 && words[0] == "HEAD" {
		text = ""
	}
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(text), text)
}

func (p *probes) close() {
	if p.l != nil {
		_ = p.l.Close() // nothing is lost with it
		p.all.Wait()
	}
}
