package host_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/pkg/host"
)

func TestTheRootTakesEventsAndWhatIsNone(t *testing.T) {
	s := serve(t, nil, host.Function{
		Name:   "both",
		Handle: func(context.Context, event.Event) (*event.Event, error) { return nil, nil },
		Post:   func(context.Context, *host.Call) (*host.Response, error) { return host.JSON(http.StatusOK, "plain") },
	})
	const structured = "application/cloudevents+json"
	for name, c := range map[string]struct {
		mediaType, body string
		status          int
	}{
		"plain":            {"application/json", `{}`, http.StatusOK},
		"structured":       {structured, `{"specversion":"1.0","id":"1","source":"/s","type":"t"}`, http.StatusAccepted},
		"a broken event":   {structured, `{"specversion":"1.0"`, http.StatusBadRequest},
		"a batch":          {"application/cloudevents-batch+json", `[]`, http.StatusUnsupportedMediaType},
		"an event's error": {structured, `{}`, http.StatusBadRequest},
	} {
		if a := do(t, client(t), http.MethodPost, s.url+"/", c.mediaType, c.body); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, c.status)
		}
	}
}
