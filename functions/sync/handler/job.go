package handler

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/pkg/host"
)

// Job carries out the one request in a file, a CloudEvent in JSON, as Knative's
// JobSink mounts it. There is no deadline; when ctx ends the sync is left to the
// Job's next pod, which finds the same file. The result goes to the sink.
func (h *Handler) Job(ctx context.Context, file string) (events.Payload, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the event: %w", err)
	}
	var e event.Event
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, &events.DecodeError{Problems: []events.Problem{{Message: fmt.Sprintf("%s holds no CloudEvent in JSON: %v", file, err)}}}
	}
	a, err := asked(e)
	if err != nil {
		return nil, err
	}
	ctx = host.GoOn(ctx, &e)
	told, err := h.run(ctx, a)
	if err != nil {
		return nil, err
	}
	return told, h.tell(ctx, a, told)
}
