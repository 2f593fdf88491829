package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"knelt.dev/events"
)

// Broker is the ingress of Knelt's Broker.
const Broker = "http://broker-ingress.knative-eventing.svc.cluster.local/" + System + "/knelt"

// Function is the address of a function, by its name without "knelt-".
func Function(name string) string {
	return "http://knelt-" + name + "." + System + ".svc.cluster.local/"
}

// acceptedWithin is how long a Broker may refuse an event before that is an error;
// it is asked again each askAgain.
const (
	acceptedWithin = 2 * time.Minute
	askAgain       = 250 * time.Millisecond
)

// Post posts an event to the Broker, which has accepted it when there is no
// error. As any good sender it tries again what was refused for now; Refused
// counts that. trace, if not empty, is the event's traceparent, which its answers
// carry on.
func (s *Site) Post(ctx context.Context, p events.Payload, trace string) error {
	e, err := newEvent(p, trace)
	if err != nil {
		return err
	}
	for end := time.Now().Add(acceptedWithin); ; time.Sleep(askAgain) {
		again, err := s.post(ctx, e)
		if err == nil || !again || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		s.Refused.Add(1)
	}
}

func newEvent(p events.Payload, trace string) (event.Event, error) {
	e, err := events.New(events.Origin{Source: events.FromCLI}, p)
	if err == nil && trace != "" {
		e.SetExtension("traceparent", trace)
	}
	return e, err
}

// post posts once. again tells that it may go well another time.
func (s *Site) post(ctx context.Context, e event.Event) (again bool, err error) {
	r, err := cehttp.NewHTTPRequestFromEvent(ctx, s.broker, e)
	if err != nil {
		return false, err
	}
	if trace := (events.TraceCarrier{Event: &e}).Get("traceparent"); trace != "" {
		r.Header.Set("traceparent", trace)
	}
	answer, err := s.HTTP.Do(r)
	if err != nil {
		return true, err
	}
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1000))
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the broker answers %d: %s", answer.StatusCode, said)
	}
	return answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests, err
}
