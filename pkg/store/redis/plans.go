package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Plan reads a plan; see store.Plans.
func (s *Store) Plan(ctx context.Context, connection string) (store.Plan, error) {
	text, err := s.db.HGet(ctx, s.keys.plans(shardOf(connection))[0], connection).Result()
	if errors.Is(err, redis.Nil) {
		return store.Plan{}, rules.NoPlan(connection)
	}
	if err != nil {
		return store.Plan{}, explain(ctx, fmt.Sprintf("read the plan of connection %q", connection), err)
	}
	return decodePlan(connection, text)
}

// decodePlan reads "VERSION JSON": the script compares the version.
func decodePlan(connection, text string) (store.Plan, error) {
	_, plan, _ := strings.Cut(text, " ")
	return rules.DecodePlan(connection, []byte(plan))
}

// SavePlan keeps a plan and when it is due, in one script: a shard has a slot of
// its own; see store.Plans.
func (s *Store) SavePlan(ctx context.Context, p store.Plan) (store.Plan, error) {
	kept, err := rules.NextPlan(p)
	if err != nil {
		return p, err
	}
	plan, err := rules.EncodePlan(kept)
	if err != nil {
		return p, err
	}
	due := ""
	if !kept.Next.IsZero() {
		due = strconv.FormatInt(kept.Next.UnixMilli(), 10)
	}
	answer, err := savePlanScript.Run(ctx, s.db, s.keys.plans(shardOf(p.Connection)),
		p.Connection, strconv.FormatInt(p.Version, 10), fmt.Sprintf("%d %s", kept.Version, plan), due).Slice()
	if err != nil {
		return p, explain(ctx, fmt.Sprintf("save the plan of connection %q", p.Connection), err)
	}
	if word, _ := split(answer); word != answerOK {
		return p, &store.ConflictError{Connection: p.Connection}
	}
	return kept, nil
}

// DropPlan forgets a plan; see store.Plans.
func (s *Store) DropPlan(ctx context.Context, connection string) error {
	err := dropPlanScript.Run(ctx, s.db, s.keys.plans(shardOf(connection)), connection).Err()
	return explain(ctx, fmt.Sprintf("drop the plan of connection %q", connection), err)
}

// AskCancel keeps the wish that a sync may end; see store.Cancels.
func (s *Store) AskCancel(ctx context.Context, connection string, sync int64, keep time.Duration) error {
	if err := rules.Cancel(connection, sync, keep); err != nil {
		return err
	}
	err := s.db.Set(ctx, s.keys.cancel(connection), sync, keep.Truncate(time.Millisecond)).Err()
	return explain(ctx, fmt.Sprintf("ask for the end of sync %d of connection %q", sync, connection), err)
}

// CancelAsked reads the wish; see store.Cancels.
func (s *Store) CancelAsked(ctx context.Context, connection string) (int64, bool, error) {
	sync, err := s.db.Get(ctx, s.keys.cancel(connection)).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, explain(ctx, fmt.Sprintf("read whether the end of a sync of connection %q was asked for", connection), err)
	}
	return sync, true, nil
}
