package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/statefile"
)

// stateLease is how long a change of a state may take.
const stateLease = 30 * time.Second

func (s *Server) getState(ctx context.Context, r *request) (any, error) {
	if _, err := s.Documents.Connection(ctx, r.ref); err != nil {
		return nil, err
	}
	return s.state(ctx, r.key())
}

func (s *Server) state(ctx context.Context, key string) (api.State, error) {
	checkpoint, err := s.Store.Checkpoint(ctx, key)
	if err != nil {
		return api.State{}, err
	}
	answer := api.State{}
	if len(checkpoint.Positions) > 0 {
		answer.Kind = checkpoint.Positions[0].Kind
	}
	answer.State, err = statefile.Write(checkpoint.Positions)
	return answer, err
}

// putState replaces the state, under the connection's lease: no sync is running
// and none begins meanwhile.
func (s *Server) putState(ctx context.Context, r *request) (any, error) {
	var body api.State
	if err := r.JSON(&body); err != nil {
		return nil, err
	}
	if _, err := s.Documents.Connection(ctx, r.ref); err != nil {
		return nil, err
	}
	positions, err := statefile.Parse(body.State)
	if err != nil {
		return nil, &host.Error{Cause: host.Invalid, Detail: "the state is none that a source can be given", Fields: []host.Field{{Pointer: "/state", Detail: err.Error()}}}
	}
	if body.Kind != "" && len(positions) > 0 && positions[0].Kind != body.Kind {
		return nil, &host.Error{Cause: host.Invalid, Detail: "kind and state differ", Fields: []host.Field{{Pointer: "/kind", Detail: "the state is " + string(positions[0].Kind)}}}
	}
	err = s.leased(ctx, r.key(), func(l store.Lease) error {
		if err := s.unchanged(ctx, r); err != nil {
			return err
		}
		return statefile.Replace(ctx, s.Store, l, positions, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.state(ctx, r.key())
}

// unchanged tells that the state is still the one that If-Match names, if it is
// sent. Under the lease nobody moves it any more.
func (s *Server) unchanged(ctx context.Context, r *request) error {
	wanted := r.Header.Values("If-Match")
	if len(wanted) == 0 {
		return nil
	}
	now, err := s.state(ctx, r.key())
	if err != nil {
		return err
	}
	told, err := host.JSON(http.StatusOK, now)
	if err != nil {
		return err
	}
	if !matches(wanted, tagOf(told.Body)) {
		return &host.Error{Cause: host.Changed, Detail: "a sync, or somebody else, has moved the state since it was read"}
	}
	return nil
}

func (s *Server) leased(ctx context.Context, key string, do func(store.Lease) error) error {
	lease, err := s.Store.Acquire(ctx, key, s.Holder, stateLease)
	if err != nil {
		return err
	}
	err = do(lease)
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateLease)
	defer cancel()
	return errors.Join(err, lease.Release(release))
}
