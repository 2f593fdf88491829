package connection

import (
	"encoding/json"
	"errors"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// Resolver gives the resolver of a document's references on this machine, with
// the secrets of the engine's home.
func (o Origin) Resolver(home string) (LocalResolver, error) {
	dir, err := o.Dir()
	return LocalResolver{Dir: dir, Secrets: SecretsDir(home)}, err
}

// ResolveConnector gives the program to run, with the references in its
// environment resolved, and the secrets that came by them. Its Dir is the
// folder of the document's file: relative paths, in the command as in the
// connector's own config, start there. Errors are *Problems with file and line.
func (s *Source) ResolveConnector(r Resolver) (connector.Connector, []string, error) {
	return resolveConnector(s.Origin, s.Spec.Connector, r)
}

// ResolveConfig gives the config with its references resolved, and the secrets
// that came by them. Errors are *Problems with file and line.
func (s *Source) ResolveConfig(r Resolver) (json.RawMessage, []string, error) {
	config, secrets, err := Resolve(s.Spec.Config, r)
	return config, secrets, placed(err, s.Origin, "spec.config")
}

// CheckConfig is ValidateConfig with the places of the fields in the file.
func (s *Source) CheckConfig(spec *airbyte.ConnectorSpecification, config json.RawMessage) ([]Problem, error) {
	return checkConfigAt(s.Origin, spec, config)
}

// ResolveConnector is as Source.ResolveConnector.
func (d *Destination) ResolveConnector(r Resolver) (connector.Connector, []string, error) {
	return resolveConnector(d.Origin, d.Spec.Connector, r)
}

// ResolveConfig is as Source.ResolveConfig.
func (d *Destination) ResolveConfig(r Resolver) (json.RawMessage, []string, error) {
	config, secrets, err := Resolve(d.Spec.Config, r)
	return config, secrets, placed(err, d.Origin, "spec.config")
}

// CheckConfig is ValidateConfig with the places of the fields in the file.
func (d *Destination) CheckConfig(spec *airbyte.ConnectorSpecification, config json.RawMessage) ([]Problem, error) {
	return checkConfigAt(d.Origin, spec, config)
}

func resolveConnector(o Origin, c Connector, r Resolver) (connector.Connector, []string, error) {
	dir, err := o.Dir()
	if err != nil {
		return connector.Connector{}, nil, err
	}
	env, secrets, err := ResolveEnv(c.Env, r)
	if err != nil {
		return connector.Connector{}, nil, placed(err, o, "spec.connector.env")
	}
	return connector.Connector{Command: c.Command, Dir: dir, Image: c.Image, Env: env, Pod: c.Pod}, secrets, nil
}

// placed gives problems of a part of a document the paths and places that the
// part has in the document.
func placed(err error, o Origin, prefix string) error {
	var found *Problems
	if !errors.As(err, &found) {
		return err
	}
	list := make([]Problem, len(found.List))
	for i, p := range found.List {
		list[i] = place(p, o, prefix)
	}
	return problems(list)
}

func place(p Problem, o Origin, prefix string) Problem {
	switch {
	case p.Field == "":
		p.Field = prefix
	case p.Field[0] == '[':
		p.Field = prefix + p.Field
	default:
		p.Field = prefix + "." + p.Field
	}
	p.Origin = o.At(p.Field)
	return p
}

func checkConfigAt(o Origin, spec *airbyte.ConnectorSpecification, config json.RawMessage) ([]Problem, error) {
	const prefix = "spec.config"
	warnings, err := validateConfig(spec, config, fieldPath)
	for i, w := range warnings {
		warnings[i] = place(w, o, prefix)
	}
	return warnings, placed(err, o, prefix)
}
