package replication

import (
	"fmt"
	"time"

	"knelt.dev/pkg/connector"
)

// ending is how a connector ended; err if that is not known.
type ending struct {
	exit connector.Exit
	err  error
}

func (e ending) known() *connector.Exit {
	if e.err != nil {
		return nil
	}
	return &e.exit
}

// waitSource waits for the source to end once its output has. A source that
// closed its output and lives on is ended.
func (r *Relay) waitSource() ending {
	limit := time.AfterFunc(r.cfg.Limits.SourceExit, func() {
		r.halt(cause{stuckSource, fmt.Sprintf("the source closed its output and did not end within %s (timeouts.sourceExit)", r.cfg.Limits.SourceExit)})
		r.endSource()
	})
	if r.cfg.Limits.SourceExit < 0 {
		limit.Stop()
	}
	exit, err := r.source.Wait()
	limit.Stop()
	r.watch.waiting(false)
	r.strays(Source, err)
	return ending{exit, err}
}

// waitDestination tells when the destination has ended; if it was too early,
// the source is ended too.
func (r *Relay) waitDestination() <-chan ending {
	ended := make(chan ending, 1)
	go func() {
		exit, err := r.destination.Wait()
		if !r.strays(Destination, err) && !r.watch.closed.Load() {
			r.halt(cause{destinationGone, endedTooEarly})
			r.endSource()
		}
		ended <- ending{exit, err}
	}()
	return ended
}

func (r *Relay) closeStdin(who Origin, run connector.Run) {
	if err := run.Stdin().Close(); err != nil && !r.strays(who, err) {
		r.out.printf("DEBUG", "closing a connector's input: %v", err)
	}
}

const endedTooEarly = "the destination ended before it had read everything"
