package main

import (
	"context"
	"encoding/json"
	"fmt"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/events"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/statefile"
)

func (f *far) showState(ctx context.Context, o *stateOptions, name string) error {
	ref, positions, err := f.state(ctx, name)
	if err != nil {
		return err
	}
	chosen, err := f.streams(ctx, ref, o.streams)
	if err != nil {
		return err
	}
	return f.printState(statefile.Of(positions, chosen), o.table)
}

// state gives a server's state of a connection.
func (f *far) state(ctx context.Context, name string) (events.Ref, []store.Position, error) {
	ref, err := f.one(ctx, name)
	if err != nil {
		return ref, nil, err
	}
	state, err := f.State(ctx, ref)
	if err != nil {
		return ref, nil, err
	}
	positions, err := statefile.Parse(state.State)
	return ref, positions, err
}

// whole refuses a part: between reading the state and writing it back a sync
// could have moved it, and the server holds no lease for us.
func (o *stateOptions) whole() error {
	if len(o.streams) > 0 {
		return usagef("a server's state is set whole: leave out --stream")
	}
	return nil
}

func (f *far) setState(ctx context.Context, o *stateOptions, name string) error {
	if err := o.whole(); err != nil {
		return err
	}
	text, err := f.readFile(o.file)
	if err != nil {
		return err
	}
	positions, err := statefile.Parse(text)
	if err != nil {
		return usagef("%s: %v", o.file, err)
	}
	ref, err := f.one(ctx, name)
	if err != nil {
		return err
	}
	if _, err := f.SetState(ctx, ref, json.RawMessage(text)); err != nil {
		return err
	}
	fmt.Fprintf(f.stdout, "%s: set %s. The next sync goes on from there.\n", ref, report.Plural(int64(len(positions)), "state"))
	return nil
}

func (f *far) clearState(ctx context.Context, o *stateOptions, name string) error {
	if err := o.whole(); err != nil {
		return err
	}
	ref, before, err := f.state(ctx, name)
	if err != nil {
		return err
	}
	if _, err := f.SetState(ctx, ref, json.RawMessage("[]")); err != nil {
		return err
	}
	fmt.Fprintf(f.stdout, "%s: forgot %s. The next sync reads from the beginning; rows at the destination stay.\n", ref, report.Plural(int64(len(before)), "state"))
	return nil
}
