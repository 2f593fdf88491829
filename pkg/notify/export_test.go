package notify

import (
	"context"
	"net/http"
	"time"

	"knelt.dev/events"
)

// SetWait replaces the waits between tries.
func (s *Sender) SetWait(wait func(context.Context, time.Duration) error) { s.wait = wait }

// SetTransport replaces the network.
func (s *Sender) SetTransport(t http.RoundTripper) { s.client.Transport = t }

// Deliver makes one round.
func (c *Courier) Deliver(ctx context.Context, ref events.Ref) error { return c.deliver(ctx, ref) }
