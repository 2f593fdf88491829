package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
)

// startPods starts both connectors in pods that outlive the engine.
func (a *attempt) startPods(ctx context.Context, p *plan, state []byte) (runs, error) {
	return a.seats("starting", func(command connector.Command) (Attached, error) {
		if command == connector.Read {
			return a.engine.pods().StartAt(ctx, a.seat(command), a.source.connector, a.reading(p, state))
		}
		return a.engine.pods().StartAt(ctx, a.seat(command), a.dest.connector, a.writing(p))
	})
}

// attach attaches to both connectors.
func (a *attempt) attach(ctx context.Context) (runs, error) {
	r, err := a.seats("attaching to", func(command connector.Command) (Attached, error) {
		return a.engine.pods().Attach(ctx, a.seat(command))
	})
	if err == nil {
		r.resume = r.attached[0].Resume()
	}
	return r, err
}

// seats takes the attempt's seats, side by side. A reset's source has none. If
// one cannot be taken the other is left.
func (a *attempt) seats(doing string, take func(connector.Command) (Attached, error)) (runs, error) {
	var source, destination Attached
	var sourceErr, destinationErr error
	var both sync.WaitGroup
	if !a.def.Reset {
		both.Go(func() { source, sourceErr = take(connector.Read) })
	}
	both.Go(func() { destination, destinationErr = take(connector.Write) })
	both.Wait()
	err := errors.Join(while(doing+" the source", sourceErr), while(doing+" the destination", destinationErr))
	switch {
	case err != nil:
		leave(source, destination)
		return runs{}, err
	case a.def.Reset:
		return runs{source: a.emptySource(), destination: destination, attached: []Attached{destination}}, nil
	}
	return runs{source: source, destination: destination, attached: []Attached{destination, source}}, nil
}

func (a *attempt) seat(command connector.Command) Seat {
	return Seat{Connection: a.lease.Connection(), Sync: a.record.ID, Attempt: a.number, Command: command, Epoch: a.lease.Epoch()}
}

// leave lets go of connectors of which only one could be attached to.
func leave(runs ...Attached) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, run := range runs {
		if run != nil {
			_ = run.Detach(ctx) // nothing was read or written
		}
	}
}
