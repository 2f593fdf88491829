package fakeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

// resources are the sources or destinations that connections name.
func (w *World) resources(kind string) host.HTTPHandler {
	return func(_ context.Context, call *host.Call) (*host.Response, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		used := map[string][]string{}
		for _, c := range w.connections {
			name := c.Source
			if kind == "Destination" {
				name = c.Destination
			}
			used[c.Namespace+"/"+name] = append(used[c.Namespace+"/"+name], key(c))
		}
		var all []Resource
		for _, full := range slices.Sorted(maps.Keys(used)) {
			namespace, name, _ := strings.Cut(full, "/")
			all = append(all, Resource{
				Namespace: namespace, Name: name, Connector: fmt.Sprintf("registry.example/%s-%s:1.4.2", strings.ToLower(kind), name), UsedBy: used[full],
				Config: json.RawMessage(`{"host":"***","port":5432,"password":"${secret:` + name + `/password}"}`),
			})
		}
		return paged(call, all)
	}
}

// check takes a while, and fails for those whose name says so.
func (w *World) check(ctx context.Context, call *host.Call) (*host.Response, error) {
	var q api.Question
	if err := call.JSON(&q); err != nil {
		return nil, err
	}
	if q.Resource == nil {
		return nil, host.Because(host.Invalid, errors.New("no resource is named"))
	}
	select {
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch {
	case strings.HasSuffix(q.Resource.Name, "-api"):
		return host.JSON(http.StatusOK, api.CheckAnswer{Status: "FAILED", Message: "no route to host"})
	case strings.HasPrefix(q.Resource.Name, "sensors"):
		return nil, host.Because(host.Unavailable, errors.New("no pod can be started now"))
	}
	return host.JSON(http.StatusOK, api.CheckAnswer{Status: "SUCCEEDED"})
}
