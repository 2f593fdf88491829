// Destination-discard reads everything and keeps nothing. It returns states as
// a good destination does, or wrongly in one of the ways seen in real ones: it
// is the instrument for measuring an engine and for testing it.
package main

import (
	"context"
	_ "embed"

	"knelt.dev/connectors/internal/kit"
)

//go:embed spec.json
var spec []byte

func main() { kit.RunDestination(discard{}) }

// discard is the destination.
type discard struct{}

func (discard) Spec() []byte { return spec }

func (discard) Check(_ context.Context, raw kit.Config) error {
	_, err := readConfig(raw)
	return err
}

func (discard) Write(ctx context.Context, in kit.WriteInput, out *kit.Emitter) error {
	c, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	return newWrite(ctx, c, out).run(in.Lines)
}
