package ingress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"
)

type object interface{ head() meta }

// watch keeps changed informed of all objects at a path of the API, by their
// keys, until the context ends.
func watch[T object](ctx context.Context, c *Client, path string, changed func(map[string]T)) {
	for ctx.Err() == nil {
		err := watchOnce(ctx, c, path, changed)
		if ctx.Err() == nil && err != nil {
			log.Printf("watching %s, which begins anew: %v", path, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// watchOnce lists, and then follows the changes until the API server ends the watch.
func watchOnce[T object](ctx context.Context, c *Client, path string, changed func(map[string]T)) error {
	objects, version, err := list[T](ctx, c, path)
	if err != nil {
		return err
	}
	changed(objects)
	answer, err := c.do(ctx, http.MethodGet, path+"?watch=1&timeoutSeconds=300&resourceVersion="+version, "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	decoder := json.NewDecoder(answer.Body)
	for decoder.More() {
		var event struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := decoder.Decode(&event); err != nil {
			return fmt.Errorf("reading an event: %w", err)
		}
		if err := merge(objects, event.Type, event.Object); err != nil {
			return err
		}
		changed(objects)
	}
	return nil
}

func list[T object](ctx context.Context, c *Client, path string) (map[string]T, string, error) {
	answer, err := c.do(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	var all struct {
		Metadata meta `json:"metadata"`
		Items    []T  `json:"items"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return nil, "", fmt.Errorf("reading a list: %w", err)
	}
	objects := map[string]T{}
	for _, o := range all.Items {
		objects[o.head().key()] = o
	}
	return objects, all.Metadata.ResourceVersion, nil
}

// merge applies an event to the objects.
func merge[T object](objects map[string]T, kind string, data json.RawMessage) error {
	if kind == "ERROR" {
		return errors.New(string(data)) // mostly: what we know is too old
	}
	var o T
	if err := json.Unmarshal(data, &o); err != nil {
		return fmt.Errorf("reading an object: %w", err)
	}
	if kind == "DELETED" {
		delete(objects, o.head().key())
	} else {
		objects[o.head().key()] = o
	}
	return nil
}
