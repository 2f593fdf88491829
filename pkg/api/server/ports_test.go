package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

func (w *world) Connections(context.Context) ([]server.Document, error) {
	var all []server.Document
	for _, c := range w.set.Connections {
		d := server.Document{Connection: c, Schedule: "manual"}
		if _, err := w.set.SourceOf(c); err != nil {
			d.Problem = `no Source "gone"`
		}
		all = append(all, d)
	}
	return all, nil
}

func (w *world) Connection(ctx context.Context, ref events.Ref) (server.Document, error) {
	all, err := w.Connections(ctx)
	for _, d := range all {
		if d.Metadata.Key() == ref.String() {
			return d, err
		}
	}
	return server.Document{}, fmt.Errorf("connection %s: %w", ref, store.ErrNotFound)
}

func (w *world) Sources(context.Context) ([]*connection.Source, error) {
	return []*connection.Source{w.set.Sources["db"]}, nil
}

func (w *world) Destinations(context.Context) ([]*connection.Destination, error) {
	return []*connection.Destination{w.set.Destinations["lake"]}, nil
}

func (w *world) Wanted(_ context.Context, ref events.Ref, wish api.SyncWish) (events.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = append(w.wanted, wish)
	return events.Run{Connection: ref, Due: time.Date(2026, 3, 1, 2, 0, 0, len(w.wanted)*1e6, time.UTC), Attempt: 1, Kind: events.Kind(wish.Kind)}, nil
}

func (w *world) Pause(_ context.Context, ref events.Ref, paused bool) error {
	w.plans.set(server.Plan{Connection: ref.String(), Paused: paused, By: map[bool]api.PausedBy{true: api.PausedByAPI}[paused]})
	return nil
}

func (w *world) question(q events.Question) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, q)
	return w.failure
}

func (w *world) Check(_ context.Context, q events.Question) (*airbyte.ConnectionStatusResult, error) {
	return &airbyte.ConnectionStatusResult{Status: "FAILED", Message: "no route to host"}, w.question(q)
}

func (w *world) Discover(_ context.Context, q events.Question) (airbyte.StreamCatalog, error) {
	return airbyte.StreamCatalog{Streams: []airbyte.Stream{{Name: "users", JSONSchema: json.RawMessage(`{}`)}}}, w.question(q)
}

func (w *world) Spec(_ context.Context, q events.Question) (*airbyte.ConnectorSpecification, error) {
	return &airbyte.ConnectorSpecification{ConnectionSpecification: json.RawMessage(`{"type":"object"}`)}, w.question(q)
}

var errBoom = errors.New("boom with s3cret")
