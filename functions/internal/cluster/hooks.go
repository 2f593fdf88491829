package cluster

import (
	"context"
	"errors"
	"fmt"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/notify"
	"knelt.dev/pkg/store"
)

// Hooks are the webhooks of the documents, with their references looked up in
// the Secrets of the document's namespace.
func (p *Planner) Hooks() Hooks { return Hooks{p} }

// Hooks implements notify.Hooks.
type Hooks struct{ planner *Planner }

// Hooks implements notify.Hooks.
func (h Hooks) Hooks(ctx context.Context, ref events.Ref) ([]notify.Hook, error) {
	d, err := h.planner.Documents.Connection(ctx, ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || len(d.Spec.Notifications) == 0 {
		return nil, err
	}
	secrets, err := h.planner.secrets.of(ref.Namespace)
	if err != nil {
		return nil, err
	}
	var all []notify.Hook
	for i, n := range d.Spec.Notifications {
		plain, _, err := connection.ResolveEnv(map[string]string{"webhook": n.Webhook, "secret": n.Secret}, secrets)
		if err != nil {
			return nil, fmt.Errorf("spec.notifications[%d]: %w", i, err)
		}
		one := notify.Hook{Webhook: plain["webhook"], Secret: plain["secret"]}
		for _, when := range n.When {
			one.When = append(one.When, notify.Occasion(when))
		}
		all = append(all, one)
	}
	return all, nil
}

// Hooked implements notify.Hooks.
func (h Hooks) Hooked(ctx context.Context) (refs []events.Ref, err error) {
	all, err := h.planner.Documents.Connections(ctx)
	for _, d := range all {
		if len(d.Spec.Notifications) > 0 {
			refs = append(refs, events.Ref{Namespace: d.Metadata.Namespace, Name: d.Metadata.Name})
		}
	}
	return refs, err
}
