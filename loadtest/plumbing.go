package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// plumbing joins processes by pipes and connections. Its first error stays, and
// finish tells it.
type plumbing struct {
	ctx                 context.Context
	source, destination *exec.Cmd
	all                 []*proc
	open                []interface{ Close() error }
	took                time.Duration
	err                 error
}

// newPlumbing prepares the commands of both connectors.
func newPlumbing(ctx context.Context, o options, s scenario, dir string) (*plumbing, error) {
	source, err1 := o.program("source-faker")
	destination, err2 := o.program(s.destination)
	if err := errors.Join(err1, err2, s.files(o, dir), s.catalog(ctx, source, dir)); err != nil {
		return nil, err
	}
	command := func(program, verb, config string) *exec.Cmd {
		return exec.Command(program, verb, "--config", filepath.Join(dir, config), "--catalog", filepath.Join(dir, "catalog.json"))
	}
	return &plumbing{ctx: ctx, source: command(source, "read", "source.json"), destination: command(destination, "write", "destination.json")}, nil
}

// pipe makes a pipe: its end to read from, its end to write to.
func (p *plumbing) pipe() [2]*os.File {
	r, w, err := os.Pipe()
	p.keep(r, err)
	p.keep(w, err)
	return [2]*os.File{r, w}
}

func (p *plumbing) listen() net.Listener {
	l, err := new(net.ListenConfig).Listen(p.ctx, "tcp", "127.0.0.1:0")
	p.keep(l, err)
	return l
}

// accept gives the next connection as a file.
func (p *plumbing) accept(l net.Listener) *os.File {
	if p.err != nil {
		return nil
	}
	conn, err := l.Accept()
	if err != nil {
		p.keep(nil, err)
		return nil
	}
	file, err := conn.(*net.TCPConn).File()
	p.keep(file, errors.Join(err, conn.Close()))
	// File leaves it non-blocking, which no program expects.
	if err == nil {
		file.Fd()
	}
	return file
}

func (p *plumbing) keep(c interface{ Close() error }, err error) {
	if p.err = errors.Join(p.err, err); err == nil {
		p.open = append(p.open, c)
	}
}

func (p *plumbing) start(name string, cmd *exec.Cmd, stdin, stdout *os.File) {
	if p.err != nil {
		return
	}
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	one, err := start(p.ctx, name, cmd)
	if p.err = err; err == nil {
		p.all = append(p.all, one)
	}
}

// close lets go of all ends, which are the processes' alone then.
func (p *plumbing) close() {
	for _, c := range p.open {
		_ = c.Close() // nothing was written to it here
	}
	p.open = nil
}

// finish waits for all processes.
func (p *plumbing) finish(began time.Time) error {
	if p.err != nil {
		for _, one := range p.all {
			one.kill()
		}
	}
	err := waitAll(p.all)
	p.took = time.Since(began)
	return errors.Join(p.err, err)
}

func waitAll(all []*proc) error {
	var errs []error
	for _, p := range all {
		errs = append(errs, p.wait())
	}
	return errors.Join(errs...)
}
