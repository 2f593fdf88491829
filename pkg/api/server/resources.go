package server

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/connection"
)

func (s *Server) listSources(ctx context.Context, r *request) (any, error) {
	sources, err := s.Documents.Sources(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]api.Resource, 0, len(sources))
	for _, d := range sources {
		all = append(all, resource(d.Metadata, d.Spec.Connector, d.Spec.Config))
	}
	return s.resources(ctx, r, all, func(c *connection.Connection) string { return c.Spec.Source })
}

func (s *Server) listDestinations(ctx context.Context, r *request) (any, error) {
	destinations, err := s.Documents.Destinations(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]api.Resource, 0, len(destinations))
	for _, d := range destinations {
		all = append(all, resource(d.Metadata, d.Spec.Connector, d.Spec.Config))
	}
	return s.resources(ctx, r, all, func(c *connection.Connection) string { return c.Spec.Destination })
}

func resource(m connection.Metadata, c connection.Connector, config json.RawMessage) api.Resource {
	made := api.Resource{Namespace: m.Namespace, Name: m.Name, Connector: c.Image, Config: shown(config), UsedBy: []string{}}
	if made.Connector == "" && len(c.Command) > 0 {
		made.Connector = filepath.Base(c.Command[0]) // its arguments may hold secrets
	}
	return made
}

// resources gives a page of them, with who uses each.
func (s *Server) resources(ctx context.Context, r *request, all []api.Resource, uses func(*connection.Connection) string) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	last, err := decodeCursor(r.Query.Get("cursor"))
	if err != nil {
		return nil, err
	}
	connections, err := s.Documents.Connections(ctx)
	if err != nil {
		return nil, err
	}
	name := func(r api.Resource) string { return r.Namespace + "/" + r.Name }
	slices.SortFunc(all, func(a, b api.Resource) int { return strings.Compare(name(a), name(b)) })
	page := api.Page[api.Resource]{Items: []api.Resource{}}
	for _, one := range all {
		if last != "" && name(one) <= last {
			continue
		}
		if len(page.Items) == limit {
			page.Next = encodeCursor(name(page.Items[limit-1]))
			break
		}
		for _, c := range connections {
			if c.Metadata.Namespace == one.Namespace && uses(c.Connection) == one.Name {
				one.UsedBy = append(one.UsedBy, c.Metadata.Key())
			}
		}
		slices.Sort(one.UsedBy)
		page.Items = append(page.Items, one)
	}
	return page, nil
}

const hidden = "***"

// shown gives a config without its values: which of them are secret only the
// connector's spec knows, and a config may be one that does not fit it. What is
// a reference alone, true, false or null is shown.
func shown(config json.RawMessage) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return json.RawMessage("{}")
	}
	text, err := json.Marshal(hide(value))
	if err != nil {
		return json.RawMessage("{}")
	}
	return text
}

func hide(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = hide(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = hide(inner)
		}
	case string:
		if !connection.IsReference(v) {
			return hidden
		}
	case json.Number:
		return hidden
	}
	return value
}

func (s *Server) getVersion(context.Context, *request) (any, error) {
	return api.Version{Version: s.Version, API: "v1"}, nil
}

func (s *Server) getWhoami(_ context.Context, r *request) (any, error) {
	return api.Whoami{Name: r.who.name, Scopes: r.who.scope.Included()}, nil
}
