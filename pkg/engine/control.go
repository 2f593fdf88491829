package engine

import (
	"context"
	"encoding/json"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
)

// configChanged keeps a config that a connector changed during its read or
// write, at once: a rotated token that is lost locks the user out.
func (a *attempt) configChanged(from replication.Origin, config json.RawMessage) {
	end, spec := a.source, a.sourceSpec
	if from == replication.Destination {
		end, spec = a.dest, a.destSpec
	}
	if err := a.engine.keepNow(end, spec, config); err != nil {
		a.warn(err.Error())
		return
	}
	a.log.engine("INFO", "kept the config that "+end.Resource+" changed")
}

// keepNow is keep with a deadline of its own: the change counts also when the
// sync is being cancelled.
func (e *Engine) keepNow(end *End, spec *airbyte.ConnectorSpecification, config json.RawMessage) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return e.keep(ctx, end, spec, config)
}
