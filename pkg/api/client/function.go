package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
)

// Function calls one of the functions that ask connectors, check or discover, by
// plain HTTP (docs/http.md).
type Function struct{ client *Client }

// NewFunction makes a Function of its URL.
func NewFunction(base string) (*Function, error) {
	c, err := New(base, "")
	if err != nil {
		return nil, fmt.Errorf("the function: %w", err)
	}
	return &Function{c}, nil
}

// Through is as Client.Through.
func (f *Function) Through(way http.RoundTripper) *Function { return &Function{f.client.Through(way)} }

// Check asks the connector of a Source or Destination document whether its
// config works.
func (f *Function) Check(ctx context.Context, document any) (a api.CheckAnswer, err error) {
	return a, f.post(ctx, "/", document, &a)
}

// Spec asks it for its spec.
func (f *Function) Spec(ctx context.Context, document any) (spec json.RawMessage, err error) {
	return spec, f.post(ctx, "/spec", document, &spec)
}

// Discover asks the connector of a Source document for its catalog.
func (f *Function) Discover(ctx context.Context, document any) (airbyte.StreamCatalog, error) {
	var text json.RawMessage
	if err := f.post(ctx, "/", document, &text); err != nil {
		return airbyte.StreamCatalog{}, err
	}
	var catalog airbyte.StreamCatalog
	return catalog, airbyte.Unmarshal(text, &catalog)
}

func (f *Function) post(ctx context.Context, path string, document, v any) error {
	base := *f.client.base
	base.Path = strings.TrimRight(base.Path, "/") + path
	what := call{
		operation: api.Operation{Method: http.MethodPost, Status: http.StatusOK},
		query:     url.Values{}, header: http.Header{}, body: document, whole: base.String(),
	}
	return f.client.do(ctx, what, v)
}
