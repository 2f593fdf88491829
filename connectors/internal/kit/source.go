package kit

import (
	"context"

	"knelt.dev/pkg/airbyte"
)

// Source is what a source's author writes. ctx ends when the program is told
// to end; a method then returns soon, with any error or none.
//
// Errors made by ConfigError, TransientError or SystemError keep their class;
// others are system errors.
type Source interface {
	// Spec gives the spec, usually an embedded spec.json: the object that
	// stands under "spec" in a SPEC message.
	Spec() []byte
	// Check tells whether the source can be reached with config. Its error
	// becomes a CONNECTION_STATUS FAILED with exit code 0; only a SystemError
	// fails the command.
	Check(ctx context.Context, config Config) error
	// Discover tells what can be read.
	Discover(ctx context.Context, config Config) (*airbyte.StreamCatalog, error)
	// Read writes records and states to out until all is read.
	Read(ctx context.Context, in ReadInput, out *Emitter) error
}

// ReadInput is what a read is given.
type ReadInput struct {
	Config  Config
	Catalog *airbyte.ConfiguredCatalog
	// State is where the last read ended; empty without a --state.
	State State
}

// RunSource runs the command that the command line names and ends the program.
func RunSource(s Source) { runMain(sourceCommands(s)) }

func sourceCommands(s Source) map[string]command {
	return map[string]command{
		"spec":     specCommand(s.Spec()),
		"check":    checkCommand(s.Check),
		"discover": {needs: needsConfig, run: discoverOf(s)},
		"read":     {needs: needsConfig | needsCatalog | takesState, run: readOf(s)},
	}
}

func discoverOf(s Source) func(context.Context, *invocation) error {
	return func(ctx context.Context, in *invocation) error {
		catalog, err := s.Discover(ctx, in.config)
		if err != nil {
			return err
		}
		return in.out.Message(&airbyte.Message{Type: airbyte.Catalog, Catalog: catalog})
	}
}

func readOf(s Source) func(context.Context, *invocation) error {
	return func(ctx context.Context, in *invocation) error {
		return s.Read(ctx, ReadInput{Config: in.config, Catalog: in.catalog, State: in.state}, in.out)
	}
}
