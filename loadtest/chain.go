package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"knelt.dev/bridge/secure"
)

// chain moves the bytes of a source's read to a destination's write.
type chain struct {
	name string
	// run gives the processes, all ended well, and how long they took.
	run func(ctx context.Context, o options, s scenario, dir string) ([]*proc, time.Duration, error)
}

// chains are the bridge, and what it is measured against: the pods of a platform
// that joins connectors by socat, unencrypted, and a pipe on one machine.
var chains = []chain{
	{"bridge", runBridge},
	{"socat", func(ctx context.Context, o options, s scenario, dir string) ([]*proc, time.Duration, error) {
		return runClassic(ctx, o, s, dir)
	}},
	{"socat -b 65536", func(ctx context.Context, o options, s scenario, dir string) ([]*proc, time.Duration, error) {
		return runClassic(ctx, o, s, dir, "-b", "65536")
	}},
	{"pipe", runPlain},
}

// runBridge is source, FIFO, sidecar, TLS, relay, TLS, sidecar, FIFO,
// destination. The pods stand when the time begins; the relay's process starts
// then.
func runBridge(ctx context.Context, o options, s scenario, dir string) ([]*proc, time.Duration, error) {
	w, err := newWorld(ctx, o, s, dir, 15*time.Second)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	relay, err := w.relay(ctx)
	if err != nil {
		return nil, 0, errors.Join(err, w.close())
	}
	all := []*proc{relay}
	for _, which := range []secure.Pod{secure.Source, secure.Destination} {
		all = append(all, w.pods[which].exec, w.pods[which].serve)
	}
	err = waitAll(all)
	took := time.Since(began)
	return all, took, errors.Join(err, w.close())
}

// runClassic is source, pipe, socat, TCP, cat, TCP, socat, pipe, destination.
func runClassic(ctx context.Context, o options, s scenario, dir string, flags ...string) ([]*proc, time.Duration, error) {
	p, err := newPlumbing(ctx, o, s, dir)
	if err != nil {
		return nil, 0, err
	}
	defer p.close()
	began := time.Now()
	in, out := p.pipe(), p.pipe()
	up, down := p.listen(), p.listen()
	p.start("source", p.source, nil, in[1])
	p.start("socat of the source", socat(flags, "STDIN", up), in[0], nil)
	p.start("socat of the destination", socat(flags, down, "STDOUT"), nil, out[1])
	p.start("destination", p.destination, out[0], nil)
	p.start("cat", exec.Command("cat"), p.accept(up), p.accept(down))
	p.close()
	err = p.finish(began)
	return p.all, p.took, err
}

func socat(flags []string, from, to any) *exec.Cmd {
	args := append([]string{"-u"}, flags...)
	for _, end := range []any{from, to} {
		if l, ok := end.(net.Listener); ok {
			end = "TCP:" + l.Addr().String()
		}
		args = append(args, fmt.Sprint(end))
	}
	return exec.Command("socat", args...)
}

// runPlain is source, pipe, destination.
func runPlain(ctx context.Context, o options, s scenario, dir string) ([]*proc, time.Duration, error) {
	p, err := newPlumbing(ctx, o, s, dir)
	if err != nil {
		return nil, 0, err
	}
	defer p.close()
	began := time.Now()
	both := p.pipe()
	p.start("source", p.source, nil, both[1])
	p.start("destination", p.destination, both[0], nil)
	p.close()
	err = p.finish(began)
	return p.all, p.took, err
}
