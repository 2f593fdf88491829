package kit

import (
	"context"
	"math"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// Destination is what a destination's author writes. The rules for ctx and for
// errors are Source's.
type Destination interface {
	// Spec gives the spec, as with Source.
	Spec() []byte
	// Check tells whether the destination can be written to, as with Source.
	Check(ctx context.Context, config Config) error
	// Write takes the messages of in.Lines and returns each state by
	// out.StateLine once everything before it is safe.
	Write(ctx context.Context, in WriteInput, out *Emitter) error
}

// WriteInput is what a write is given.
type WriteInput struct {
	Config  Config
	Catalog *airbyte.ConfiguredCatalog
	// Lines are the messages on stdin, lines of any length. A line that is no
	// message is to be skipped.
	Lines *lines.Reader
}

// RunDestination runs the command that the command line names and ends the
// program.
func RunDestination(d Destination) {
	runMain(map[string]command{
		"spec":  specCommand(d.Spec()),
		"check": checkCommand(d.Check),
		"write": {needs: needsConfig | needsCatalog, run: writeOf(d)},
	})
}

func writeOf(d Destination) func(context.Context, *invocation) error {
	return func(ctx context.Context, in *invocation) error {
		stdin := lines.NewReader(in.stdin, math.MaxInt-1)
		return d.Write(ctx, WriteInput{Config: in.config, Catalog: in.catalog, Lines: stdin}, in.out)
	}
}
