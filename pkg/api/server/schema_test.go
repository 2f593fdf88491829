package server

import (
	"context"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/schemachange"
)

type foundSchema struct{ change *engine.SchemaChange }

func (f foundSchema) LastSchemaChange(context.Context, string) (*engine.SchemaChange, error) {
	return f.change, nil
}

func TestAChangedSchemaIsShownWithWhatItBreaks(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	s := &Server{Config: Config{Schemas: foundSchema{&engine.SchemaChange{At: at, Diff: schemachange.Diff{Streams: []schemachange.Stream{
		{Stream: airbyte.Descriptor{Name: "users"}, Change: schemachange.Changed, Fields: []schemachange.Field{{Path: []string{"id"}, Change: schemachange.Removed}}, Breaking: []string{"its key is gone"}},
		{Stream: airbyte.Descriptor{Name: "orders"}, Change: schemachange.Added},
	}}}}}}
	c, err := s.schemaChange(t.Context(), "team/orders")
	if err != nil || !c.Breaking || !c.Found.Equal(at) || len(c.Changes) != 2 || c.Changes[0].Fields[0].Path[0] != "id" || c.Changes[1].Change != "added" {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, none := range []Schemas{nil, foundSchema{}} {
		s.Schemas = none
		if c, err := s.schemaChange(t.Context(), "team/orders"); c != nil || err != nil {
			t.Errorf("of nothing: %+v, %v", c, err)
		}
	}
}
