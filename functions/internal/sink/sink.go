// Package sink sends events to where they are wanted.
package sink

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
)

// tries is how often an event is sent, with a growing wait between.
const tries = 4

// Broker sends events to a CloudEvents receiver, such as a Broker's ingress.
type Broker struct{ client cloudevents.Client }

// NewBroker makes a Broker of the receiver at url.
func NewBroker(url string) (*Broker, error) {
	client, err := cloudevents.NewClientHTTP(cloudevents.WithTarget(url))
	if err != nil {
		return nil, fmt.Errorf("the sink %s: %w", url, err)
	}
	return &Broker{client}, nil
}

// Send returns once the receiver has taken the event.
func (b *Broker) Send(ctx context.Context, e event.Event) error {
	ctx = cloudevents.ContextWithRetriesExponentialBackoff(ctx, 200*time.Millisecond, tries-1)
	if result := b.client.Send(ctx, e); cloudevents.IsUndelivered(result) || cloudevents.IsNACK(result) {
		return fmt.Errorf("sending %s to the sink: %w", e.Type(), result)
	}
	return nil
}

// Self posts the data of continuations to another instance of the same function,
// which answers before it has carried them out.
type Self struct {
	// URL of the function's continuations.
	URL string
}

// Send returns once another instance has taken the continuation.
func (s Self) Send(ctx context.Context, e event.Event) (err error) {
	for wait := 200 * time.Millisecond; ; wait *= 2 {
		if err = s.post(ctx, e); err == nil || wait > 2*time.Second {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

func (s Self) post(ctx context.Context, e event.Event) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(e.Data()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	trace := events.TraceCarrier{Event: &e}
	for _, key := range trace.Keys() {
		r.Header.Set(key, trace.Get(key))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("handing the sync to the next instance: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // only to say more
		return fmt.Errorf("handing the sync to the next instance: it answered %s: %s", answer.Status, text)
	}
	return nil
}
