package site

import (
	"encoding/json"
	"fmt"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// Moving is a sync from a source-faker to a destination-discard.
type Moving struct {
	// Name of all three documents.
	Name string
	// Source and Destination are the connectors' configs.
	Source, Destination map[string]any
	// Streams of the Connection, as in its document; nil: all that there are.
	Streams []any
}

// Documents are those that an event brings along.
func (s *Site) Documents(m Moving) (*events.Documents, error) {
	connection := map[string]any{"source": m.Name, "destination": m.Name}
	if m.Streams != nil {
		connection["streams"] = m.Streams
	}
	return read(m.Name,
		document("Source", m.Name, map[string]any{"connector": s.image("source-faker"), "config": m.Source}),
		document("Destination", m.Name, map[string]any{
			"connector": s.image("destination-discard"), "config": m.Destination, "supportsRefreshes": true,
		}),
		document("Connection", m.Name, connection))
}

func (s *Site) image(name string) map[string]any {
	return map[string]any{"image": s.Images[name]}
}

func document(kind, name string, spec map[string]any) map[string]any {
	return map[string]any{"apiVersion": connection.APIVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec}
}

func read(name string, documents ...map[string]any) (*events.Documents, error) {
	var text []byte
	for _, d := range documents {
		one, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, "---\n"...), one...), '\n')
	}
	set, err := connection.Read("documents", text)
	if err != nil {
		return nil, fmt.Errorf("the documents of %s: %w", name, err)
	}
	return &events.Documents{Source: set.Sources[name], Destination: set.Destinations[name], Connection: set.Connections[name]}, nil
}
