package server

import (
	"context"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/engine"
)

// Schemas knows what syncs have found of changed schemas; *engine.Engine does.
type Schemas interface {
	LastSchemaChange(ctx context.Context, connection string) (*engine.SchemaChange, error)
}

// schemaChange gives what was found last; nil if nothing was.
func (s *Server) schemaChange(ctx context.Context, key string) (*api.SchemaChange, error) {
	if s.Schemas == nil {
		return nil, nil
	}
	found, err := s.Schemas.LastSchemaChange(ctx, key)
	if err != nil || found == nil {
		return nil, err
	}
	shown := &api.SchemaChange{Found: found.At, Changes: []api.StreamChange{}}
	for _, stream := range found.Diff.Streams {
		one := api.StreamChange{Stream: stream.Stream, Change: string(stream.Change)}
		for _, f := range stream.Fields {
			one.Fields = append(one.Fields, api.FieldChange{Path: f.Path, Change: string(f.Change)})
		}
		shown.Breaking = shown.Breaking || len(stream.Breaking) > 0
		shown.Changes = append(shown.Changes, one)
	}
	return shown, nil
}
