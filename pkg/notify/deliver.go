package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"knelt.dev/events"
)

// lookAtAll finds what others have left.
func (c *Courier) lookAtAll(ctx context.Context) {
	refs, err := c.Hooks.Hooked(ctx)
	for _, ref := range refs {
		var left []Message
		if left, err = c.untold(ctx, ref); err != nil {
			break
		}
		if len(left) > 0 {
			c.found(ref)
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log().WarnContext(ctx, "looking for webhooks that were not told", "error", err)
	}
}

// found has a connection's messages brought, unless that is being done anyway.
func (c *Courier) found(ref events.Ref) {
	c.mu.Lock()
	if c.rounds[ref] == nil {
		c.want(ref)
	}
	c.mu.Unlock()
	c.signal()
}

// untold gives a connection's messages that have to be told, the oldest first.
func (c *Courier) untold(ctx context.Context, ref events.Ref) (left []Message, err error) {
	told, err := c.Memory.Told(ctx, ref.String())
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		s, err := c.Memory.Standing(ctx, t, ref.String())
		if err != nil {
			return nil, err
		}
		for _, m := range s.Messages {
			if !slices.Contains(told, m.id()) {
				left = append(left, m)
			}
		}
	}
	slices.SortStableFunc(left, func(a, b Message) int { return a.Timestamp.Compare(b.Timestamp) })
	return left, nil
}

// deliver tells what has to be told of a connection, one after the other. The
// error means that there is a rest, to be tried again.
func (c *Courier) deliver(ctx context.Context, ref events.Ref) error {
	left, err := c.untold(ctx, ref)
	for _, m := range left {
		if err = c.tell(ctx, ref, m); err != nil {
			break
		}
		if err = c.toldOf(ctx, ref, m.id()); err != nil {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log().WarnContext(ctx, "a webhook waits to be told", "connection", ref.String(), "error", err)
	}
	return err
}

// toldOf remembers that a message needs not be told again.
func (c *Courier) toldOf(ctx context.Context, ref events.Ref, id string) error {
	return c.Memory.ChangeTold(ctx, ref.String(), func(ids []string) ([]string, bool) {
		ids = append(ids, id)
		return ids[max(0, len(ids)-2*len(topics)*manyMessages):], true
	})
}

// tell sends a message to all webhooks that want it, side by side.
func (c *Courier) tell(ctx context.Context, ref events.Ref, m Message) error {
	hooks, err := c.Hooks.Hooks(ctx, ref)
	if err == nil {
		if c.Link != nil {
			m.Data.Link = c.Link(ref, m.Data.Sync)
		}
		failures := make([]error, len(hooks))
		var all sync.WaitGroup
		for i, hook := range hooks {
			if hook.wants(m.Type) {
				all.Go(func() { failures[i] = c.send(ctx, hook, m) })
			}
		}
		all.Wait()
		err = errors.Join(failures...)
	}
	if err != nil && ctx.Err() == nil && time.Since(m.Timestamp) > giveUp {
		c.lost(ctx, m, err)
		return nil
	}
	return err
}

// send sends a message to one webhook. One that refuses is logged, for it would
// refuse again.
func (c *Courier) send(ctx context.Context, hook Hook, m Message) error {
	err := c.Sender.Send(ctx, hook, m)
	if errors.As(err, new(*RefusalError)) {
		c.lost(ctx, m, err)
		return nil
	}
	return err
}

func (c *Courier) lost(ctx context.Context, m Message, err error) {
	c.log().LogAttrs(ctx, slog.LevelError, "a webhook was not told", slog.String("connection", m.Data.Connection.String()),
		slog.String("occasion", string(m.Type)), slog.Any("error", err))
}
