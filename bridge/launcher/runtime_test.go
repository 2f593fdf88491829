//go:build linux

package launcher

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
)

// TestSuite: a connector behind a launcher behaves as one that the engine runs
// itself, with nothing but the shared directory in between.
func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		Probe:   connectorOf(self(t)),
		Missing: connectorOf("/no/such/program"),
		New:     func(t *testing.T) connector.Runtime { return &pods{t: t} },
	})
}

func connectorOf(word string) connector.Connector {
	return connector.Connector{Command: []string{word}}
}

// pods is a runtime whose runs are pods.
type pods struct{ t *testing.T }

func (r *pods) Start(ctx context.Context, c connector.Connector, inv connector.Invocation) (connector.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := newPod(r.t)
	for name, value := range maps.All(c.Env) {
		p.env = append(p.env, name+"="+value)
	}
	start, err := p.files(inv)
	if err == nil {
		err = p.dir.WriteStart(start)
	}
	if err != nil {
		return nil, err
	}
	p.launch(c.Command...)
	p.watched = true
	go p.watch()
	p.await(p.started, "the connector's start")
	if exit, err := p.dir.ReadExit(); err == nil && exit.Problem != "" {
		return nil, &connector.StartError{Program: c.Command[0], Problem: exit.Problem, Fix: "see the problem"}
	}
	return &podRun{pod: p}, nil
}

// files writes a connector's files and makes what starts it.
func (p *pod) files(inv connector.Invocation) (podfiles.Start, error) {
	var names []string
	for name, content := range map[string][]byte{podfiles.Config: inv.Config, podfiles.Catalog: inv.Catalog, podfiles.State: inv.State} {
		if content == nil {
			continue
		}
		names = append(names, name)
		f, err := p.dir.CreateFile(name)
		if err != nil {
			return podfiles.Start{}, err
		}
		_, err = f.Write(content)
		if err := errors.Join(err, f.Close()); err != nil {
			return podfiles.Start{}, err
		}
	}
	return p.dir.NewStart(inv.Command, names...)
}

// podRun is a run in a pod.
type podRun struct {
	*pod
	close sync.Once
	watch connector.StderrWatch
}

func (r *podRun) Stdin() io.WriteCloser         { return stdin{r} }
func (r *podRun) Stdout() io.Reader             { return r.streams.Stdout }
func (r *podRun) Stderr() io.Reader             { return io.TeeReader(r.streams.Stderr, shown{&r.watch}) }
func (r *podRun) Terminate(grace time.Duration) { r.terminate(grace) }

func (r *podRun) Wait() (connector.Exit, error) {
	r.await(r.ended, "the launcher's end")
	exit, err := r.dir.ReadExit()
	return exit.Explain(&r.watch), err
}

// stdin may be closed twice.
type stdin struct{ r *podRun }

func (s stdin) Write(p []byte) (int, error) { return s.r.streams.Stdin.Write(p) }

func (s stdin) Close() (err error) {
	s.r.close.Do(func() { err = s.r.streams.Stdin.Close() })
	return err
}

// shown shows what is written to a watch.
type shown struct{ watch *connector.StderrWatch }

func (s shown) Write(p []byte) (int, error) {
	s.watch.Show(p)
	return len(p), nil
}

// sidecarUntilKilled is a sidecar in a process of its own: it starts the
// connector, reads its stdout and does nothing else.
func sidecarUntilKilled(path string, args []string) {
	dir := podfiles.Dir(path)
	claim, err := dir.Claim()
	must(err, dir.Prepare())
	defer claim.Close() //nolint:errcheck // it is locked until here
	streams, err := dir.OpenStreams()
	must(err)
	me, err := dir.Appear(podfiles.Sidecar)
	must(err)
	// Unreachable, it would be collected, and its descriptor closed with it.
	defer runtime.KeepAlive(me)
	must(dir.WriteStart(podfiles.Start{Command: "read", Args: args}))
	must(me.Ring(podfiles.Look))
	_, err = io.Copy(os.Stdout, streams.Stdout)
	must(err)
}
