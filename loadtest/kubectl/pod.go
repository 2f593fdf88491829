package kubectl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Pod is what is looked at of one.
type Pod struct {
	Metadata struct {
		Name              string            `json:"name"`
		Namespace         string            `json:"namespace"`
		UID               string            `json:"uid"`
		Labels            map[string]string `json:"labels"`
		DeletionTimestamp *time.Time        `json:"deletionTimestamp"`
	} `json:"metadata"`
	Status struct {
		Phase             string      `json:"phase"`
		ContainerStatuses []Container `json:"containerStatuses"`
	} `json:"status"`
}

// Container is the status of one.
type Container struct {
	Name  string `json:"name"`
	State struct {
		Running *struct{} `json:"running"`
	} `json:"state"`
}

// Runs tells whether a container of the pod does.
func (p *Pod) Runs(container string) bool {
	for _, c := range p.Status.ContainerStatuses {
		if c.Name == container {
			return c.State.Running != nil
		}
	}
	return false
}

// Event is what happened to a pod: ADDED (also of those that were there before),
// MODIFIED or DELETED; or Listed.
type Event struct {
	Type string
	At   time.Time // when it was heard of here
	Pod  Pod
}

// Listed is the type of the event that follows those of the pods that were there
// before. It has none itself.
const Listed = "LISTED"

// watchFor bounds a watch, in seconds. API servers end those that give no time
// when they like.
const watchFor = 3600

// WatchPods tells of the pods of a namespace, first of those that are there,
// until ctx ends: then there is no error. A watch that breaks is one, for what
// happened meanwhile would be missed.
func (a *API) WatchPods(ctx context.Context, namespace, selector string, tell func(Event)) error {
	path := "/api/v1/namespaces/" + namespace + "/pods?labelSelector=" + url.QueryEscape(selector)
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
		Items []Pod `json:"items"`
	}
	if err := a.Get(ctx, path, &list); err != nil {
		return unlessOver(ctx, err)
	}
	for _, p := range list.Items {
		tell(Event{"ADDED", time.Now(), p})
	}
	tell(Event{Type: Listed, At: time.Now()})
	path += fmt.Sprintf("&watch=true&timeoutSeconds=%d&resourceVersion=%s", watchFor, list.Metadata.ResourceVersion)
	answer, err := a.do(ctx, http.MethodGet, path, asJSON, nil)
	if err != nil {
		return unlessOver(ctx, err)
	}
	err = decodeEvents(answer.Body, tell)
	return errors.Join(unlessOver(ctx, fmt.Errorf("the watch of pods in %s was cut: %w", namespace, err)), answer.Body.Close())
}

// decodeEvents reads events to the end of the stream, which is an error.
func decodeEvents(r io.Reader, tell func(Event)) error {
	stream := json.NewDecoder(r)
	for {
		var e struct {
			Type   string
			Object json.RawMessage
		}
		if err := stream.Decode(&e); err != nil {
			return err
		}
		heard := Event{Type: e.Type, At: time.Now()}
		switch e.Type {
		case "ADDED", "MODIFIED", "DELETED":
			if err := json.Unmarshal(e.Object, &heard.Pod); err != nil {
				return err
			}
			tell(heard)
		default: // ERROR; bookmarks were not asked for
			return fmt.Errorf("%s: %.500s", e.Type, e.Object)
		}
	}
}

// Log gives the lines of a container's log as they come, until the container
// ends or ctx does.
func (a *API) Log(ctx context.Context, p Pod, container string, tell func(line []byte)) error {
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s/log?follow=true&container=%s", p.Metadata.Namespace, p.Metadata.Name, container)
	answer, err := a.do(ctx, http.MethodGet, path, asJSON, nil)
	if err != nil {
		return unlessOver(ctx, err)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		tell(lines.Bytes())
	}
	return errors.Join(unlessOver(ctx, lines.Err()), answer.Body.Close())
}

func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // whoever ended ctx knows
	}
	return err
}
