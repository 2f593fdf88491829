// Source-faker is a source of made-up users, products and purchases. The same
// seed gives the same rows, whatever was read before. It is also a test
// instrument: it can be slow, noisy, and fail in several ways at a given row.
package main

import (
	"context"
	_ "embed"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

//go:embed spec.json
var spec []byte

func main() { kit.RunSource(faker{}) }

// faker is the source.
type faker struct{}

func (faker) Spec() []byte { return spec }

func (faker) Check(_ context.Context, config kit.Config) error {
	_, err := readConfig(config)
	return err
}

func (faker) Discover(_ context.Context, config kit.Config) (*airbyte.StreamCatalog, error) {
	c, err := readConfig(config)
	if err != nil {
		return nil, err
	}
	return c.catalog(), nil
}

func (faker) Read(ctx context.Context, in kit.ReadInput, out *kit.Emitter) error {
	c, err := readConfig(in.Config)
	if err != nil {
		return err
	}
	r, err := newRead(ctx, c, in, out)
	if err != nil {
		return err
	}
	return r.run()
}
