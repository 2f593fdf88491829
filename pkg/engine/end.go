package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
)

// End is one end of a connection, ready to be asked and run: references are
// resolved, so it holds secrets and must not be printed.
type End struct {
	// Resource is "source/NAME" or "destination/NAME".
	Resource string
	// Kind is "source" or "destination".
	Kind string

	connector connector.Connector
	config    json.RawMessage
	base      string // digest of the user's own config
	timeout   time.Duration
	check     func(*airbyte.ConnectorSpecification, json.RawMessage) ([]connection.Problem, error)
	redactor  *connection.Redactor
	// secrets are the fields of config that the connector's spec marks.
	secrets []string
}

// hide has the values at some fields of the config redacted.
func (end *End) hide(fields []string) {
	end.secrets = fields
	end.redactor.Add(connection.ValuesAt(end.config, fields)...)
}

// document is what Source and Destination have in common.
type document interface {
	ResolveConfig(connection.Resolver) (json.RawMessage, []string, error)
	ResolveConnector(connection.Resolver) (connector.Connector, []string, error)
	CheckConfig(*airbyte.ConnectorSpecification, json.RawMessage) ([]connection.Problem, error)
}

// Source prepares a source. A *ConfigError tells what cannot be resolved.
func (e *Engine) Source(ctx context.Context, s *connection.Source, r *connection.Redactor) (*End, error) {
	return e.end(ctx, s, s.Origin, "source", s.Metadata, r)
}

// Destination prepares a destination, as Source.
func (e *Engine) Destination(ctx context.Context, d *connection.Destination, r *connection.Redactor) (*End, error) {
	return e.end(ctx, d, d.Origin, "destination", d.Metadata, r)
}

func (e *Engine) end(ctx context.Context, d document, at connection.Origin, kind string, m connection.Metadata, r *connection.Redactor) (*End, error) {
	resolver, err := e.resolver(at, m.Namespace)
	if err != nil {
		return nil, configError(err)
	}
	config, secrets, err := d.ResolveConfig(resolver)
	if err != nil {
		return nil, configError(err)
	}
	program, more, err := d.ResolveConnector(resolver)
	if err != nil {
		return nil, configError(err)
	}
	r.Add(append(secrets, more...)...)
	end := &End{
		Resource: kind + "/" + m.Key(), Kind: kind, connector: program, config: config, base: digest(config),
		timeout: time.Duration(connection.DefaultCommand), check: d.CheckConfig, redactor: r,
	}
	return end, e.override(ctx, end)
}

// override puts in the config the connector itself made of the user's, as long
// as the user has not changed it since.
func (e *Engine) override(ctx context.Context, end *End) error {
	kept, ok, err := e.Store.Config(ctx, end.Resource)
	if err != nil {
		return while("reading the kept config of "+end.Resource, err)
	}
	if ok && kept.Base == end.base {
		end.config = kept.Config
	}
	return nil
}

func digest(config []byte) string {
	sum := sha256.Sum256(config)
	return hex.EncodeToString(sum[:])
}

// keep makes a config durable that the connector changed (CONTROL). It returns
// once it is kept, so that nothing later can be lost before it.
func (e *Engine) keep(ctx context.Context, end *End, spec *airbyte.ConnectorSpecification, config json.RawMessage) error {
	fields := end.secrets // where a predecessor has asked for the spec
	if spec != nil {
		fields = connection.SecretFields(spec, config)
	}
	end.redactor.Add(connection.ValuesAt(config, fields)...)
	merged, err := merge(end.config, config)
	if err != nil {
		return while("merging the config that "+end.Resource+" changed", err)
	}
	end.config = merged
	err = e.Store.SaveConfig(ctx, end.Resource, store.Config{Base: end.base, Config: merged})
	return while("keeping the config that "+end.Resource+" changed", err)
}

// merge lays the members of changed over those of config: a connector may send
// only what changed.
func merge(config, changed json.RawMessage) (json.RawMessage, error) {
	var base, over map[string]json.RawMessage
	if err := json.Unmarshal(config, &base); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(changed, &over); err != nil {
		return nil, err
	}
	if base == nil {
		base = map[string]json.RawMessage{}
	}
	for key, value := range over {
		base[key] = value
	}
	return json.Marshal(base)
}
