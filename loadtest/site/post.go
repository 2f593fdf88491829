package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
)

// Broker is the ingress of Knelt's Broker.
const Broker = "http://broker-ingress.knative-eventing.svc.cluster.local/" + System + "/knelt"

// Function is the address of a function, by its name without "knelt-".
func Function(name string) string {
	return "http://knelt-" + name + "." + System + ".svc.cluster.local/"
}

// Post posts an event to the Broker, which has accepted it when there is no
// error. trace, if not empty, is its traceparent, which its answers carry on.
func (s *Site) Post(ctx context.Context, p events.Payload, trace string) error {
	e, err := events.New(events.Origin{Source: events.FromCLI}, p)
	if err != nil {
		return err
	}
	if trace != "" {
		e.SetExtension("traceparent", trace)
	}
	r, err := cehttp.NewHTTPRequestFromEvent(ctx, Broker, e)
	if err != nil {
		return err
	}
	if trace != "" {
		r.Header.Set("traceparent", trace)
	}
	answer, err := s.HTTP.Do(r)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1000))
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the broker answers %d: %s", answer.StatusCode, said)
	}
	return err
}
