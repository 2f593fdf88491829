package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/store"
)

const (
	// leaseTTL is the default of the bridge and of whoever runs syncs.
	leaseTTL = 15 * time.Second
	// settling is how long a stream flows before it is disturbed, and after.
	settling = 300 * time.Millisecond
	// expiries is how often the expiry of a lease is waited for.
	expiries = 3
)

// runSuccession kills relays and waits for bytes of their successors: one that
// shares the lease's holder, and one that has to wait for the lease's end.
func runSuccession(ctx context.Context, o options) (*table, error) {
	o.bytes = 1e12 // more than is ever moved
	s := scenario{name: "succession", recordBytes: 1000, rate: 100_000, destination: "destination-discard", config: map[string]any{}}
	t := &table{Columns: []string{"median ms", "min", "p90", "max", "times"}, Bars: "median ms"}
	for _, kind := range []struct {
		name string
		runs int
		one  func(*world, context.Context) (time.Duration, error)
	}{
		{"successor ready", 4 * o.runs, (*world).succeedInProcess},
		{"lease expires", expiries, (*world).succeedByExpiry},
	} {
		var took []float64
		for range kind.runs {
			d, err := inWorld(ctx, o, s, func(ctx context.Context, w *world) (time.Duration, error) { return kind.one(w, ctx) })
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind.name, err)
			}
			took = append(took, float64(d)/1e6)
		}
		t.spread(kind.name, took)
	}
	t.Notes = []string{
		"from SIGKILL of the relay until the destination reads again, on a stream of 100 MB/s",
		fmt.Sprintf("goals: successor ready <= 200 ms; lease expires <= TTL + 5 s = %d ms", (leaseTTL + 5*time.Second).Milliseconds()),
	}
	return t, nil
}

// inWorld runs f in a world of its own.
func inWorld(ctx context.Context, o options, s scenario, f func(context.Context, *world) (time.Duration, error)) (time.Duration, error) {
	dir, err := os.MkdirTemp(o.dir, s.name+"-")
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := newWorld(ctx, o, s, dir, leaseTTL)
	if err != nil {
		return 0, err
	}
	took, err := f(ctx, w)
	return took, errors.Join(err, w.close(), os.RemoveAll(dir))
}

// spread adds a row about all values.
func (t *table) spread(name string, values []float64) {
	slices.Sort(values)
	n := len(values)
	t.add(name, median(values), values[0], values[(n*9-1)/10], values[n-1], float64(n))
}

// succeedInProcess has this process hold the lease and be the successor of a
// relay that is a child.
func (w *world) succeedInProcess(ctx context.Context) (time.Duration, error) {
	lease, err := w.order.acquire(ctx, w.db)
	if err != nil {
		return 0, err
	}
	w.order.Epoch = lease.Epoch()
	relay, err := w.supervise(ctx, lease)
	if err != nil {
		return 0, err
	}
	f, err := w.flowing(ctx, relay)
	if err != nil {
		return 0, err
	}
	defer f.close()
	killed := time.Now()
	relay.kill()
	<-relay.done
	relaying, end := context.WithCancel(ctx)
	attached, over := make(chan time.Time, 1), make(chan error, 1)
	w.order.attached = func() { attached <- time.Now() }
	go func() { _, err := w.order.over(relaying, lease); over <- err }()
	var at time.Time
	select {
	case at = <-attached:
		err = f.goesOn(ctx, at)
	case err = <-over:
	}
	w.kill() // in the middle of all: nothing is to be said any more
	end()
	return f.resumed(at).Sub(killed), err
}

// supervise starts a relay and saves its checkpoints by a lease of this process.
func (w *world) supervise(ctx context.Context, lease store.Lease) (*proc, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, relayArg)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	relay, err := start(ctx, "relay", cmd)
	if err != nil {
		return nil, err
	}
	say, hear := json.NewEncoder(in), json.NewDecoder(out)
	if err := say.Encode(w.order); err != nil {
		return nil, err
	}
	go func() {
		for {
			var positions []store.Position
			if hear.Decode(&positions) != nil || say.Encode(lease.SaveCheckpoint(ctx, positions) == nil) != nil {
				return // the relay has ended
			}
		}
	}()
	return relay, nil
}

// succeedByExpiry has another process wait for the lease of the one that is
// killed.
func (w *world) succeedByExpiry(ctx context.Context) (time.Duration, error) {
	relay, err := w.relay(ctx)
	if err != nil {
		return 0, err
	}
	f, err := w.flowing(ctx, relay)
	if err != nil {
		return 0, err
	}
	defer f.close()
	successor, err := w.relay(ctx)
	if err != nil {
		return 0, err
	}
	time.Sleep(settling)
	killed := time.Now()
	relay.kill()
	if err := successor.attached(ctx); err != nil {
		return 0, err
	}
	at := time.Now()
	err = f.goesOn(ctx, at)
	successor.kill()
	return f.resumed(at).Sub(killed), err
}

// flowing waits until a relay moves bytes, and watches what the destination
// reads.
func (w *world) flowing(ctx context.Context, relay *proc) (*flow, error) {
	if err := relay.attached(ctx); err != nil {
		return nil, err
	}
	var children []int
	launcher := w.pods[secure.Destination].exec
	if err := await(ctx, "the destination", func() bool { children = launcher.children(); return len(children) == 1 }); err != nil {
		return nil, err
	}
	f, err := follow(children[0])
	if err != nil {
		return nil, err
	}
	return f, f.goesOn(ctx, time.Now())
}

// goesOn waits until bytes flow behind a moment, and a while longer.
func (f *flow) goesOn(ctx context.Context, since time.Time) error {
	time.Sleep(time.Until(since.Add(settling)))
	before := f.position()
	err := await(ctx, "a flow of bytes", func() bool { return f.position() > before+1<<20 })
	time.Sleep(settling)
	return err
}

// attachedWord is what a relay says on stderr once it has both its connectors.
const attachedWord = "relay: attached"

// attached waits until a relay has both its connectors.
func (p *proc) attached(ctx context.Context) error {
	err := await(ctx, "the attaching of a relay", func() bool { return strings.Contains(p.log.String(), attachedWord) })
	if err != nil {
		err = fmt.Errorf("%w:\n%s", err, p.log.String())
	}
	return err
}
