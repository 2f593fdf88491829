package engine

import (
	"context"
	"fmt"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// LogFunc receives the log lines of a command, already redacted.
type LogFunc func(replication.LogLine)

// Spec asks a connector for its spec.
func (e *Engine) Spec(ctx context.Context, end *End, log LogFunc) (*airbyte.ConnectorSpecification, error) {
	return e.spec(ctx, end, end.redacted(log))
}

// Check asks a connector to check its config. A check that FAILED is an answer,
// not an error.
func (e *Engine) Check(ctx context.Context, end *End, log LogFunc) (*airbyte.ConnectionStatusResult, error) {
	spec, err := e.validSpec(ctx, end, log)
	if err != nil {
		return nil, err
	}
	m, err := e.ask(ctx, end, spec, connector.Check, end.redacted(log))
	if err != nil {
		return nil, err
	}
	m.ConnectionStatus.Message = end.redactor.String(m.ConnectionStatus.Message)
	return m.ConnectionStatus, nil
}

// Discover asks a source for its catalog.
func (e *Engine) Discover(ctx context.Context, end *End, log LogFunc) (airbyte.StreamCatalog, error) {
	spec, err := e.validSpec(ctx, end, log)
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	m, err := e.askAnew(ctx, end, spec, connector.Discover, end.redacted(log))
	if err != nil {
		return airbyte.StreamCatalog{}, err
	}
	return end.catalog(m)
}

// validSpec gives the spec of a connector whose config fits it; nil if it has
// none.
func (e *Engine) validSpec(ctx context.Context, end *End, log LogFunc) (*airbyte.ConnectorSpecification, error) {
	spec, err := e.spec(ctx, end, end.redacted(log))
	if err != nil {
		if ctx.Err() != nil || !answered(err) {
			return nil, err
		}
		return nil, nil
	}
	_, err = end.validate(spec)
	return spec, configError(err)
}

// validate checks the end's config against its spec.
func (end *End) validate(spec *airbyte.ConnectorSpecification) ([]connection.Problem, error) {
	return end.check(spec, end.config)
}

func (e *Engine) spec(ctx context.Context, end *End, log LogFunc) (*airbyte.ConnectorSpecification, error) {
	m, err := e.remembered(ctx, end, nil, connector.Spec, log)
	if err != nil {
		return nil, err
	}
	end.hide(connection.SecretFields(m.Spec, end.config))
	return m.Spec, nil
}

// catalog is the answer to discover, if it is a source's.
func (end *End) catalog(m *airbyte.Message) (airbyte.StreamCatalog, error) {
	if m.Catalog == nil {
		return airbyte.StreamCatalog{}, fmt.Errorf("discover of %s answered with a %s, which only destinations have", end.Resource, m.Type)
	}
	return *m.Catalog, nil
}
