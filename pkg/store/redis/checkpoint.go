package redis

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Checkpoint reads the positions; see store.Store.
func (s *Store) Checkpoint(ctx context.Context, connection string) (store.Checkpoint, error) {
	op := fmt.Sprintf("read the checkpoint of connection %q", connection)
	fields, err := s.db.HGetAll(ctx, s.keys.checkpoint(connection)).Result()
	if err != nil {
		return store.Checkpoint{}, explain(ctx, op, err)
	}
	var c store.Checkpoint
	for field, state := range fields {
		p := store.Position{State: json.RawMessage(state)}
		switch field {
		case fieldGlobal, fieldLegacy:
			p.Kind = airbyte.StateKind(field)
		default:
			p.Kind = airbyte.StreamState
			if p.Stream, err = parseStreamField(field); err != nil {
				return store.Checkpoint{}, fmt.Errorf("%s: %w", op, err)
			}
		}
		c.Positions = append(c.Positions, p)
	}
	rules.Sort(c.Positions)
	return c, nil
}

func (l *lease) SaveCheckpoint(ctx context.Context, positions []store.Position) error {
	kind, positions, err := rules.Batch(positions)
	if err != nil {
		return err
	}
	args := []any{string(kind)}
	for _, p := range positions {
		field := string(kind)
		if kind == airbyte.StreamState {
			field = streamField(p.Stream)
		}
		args = append(args, field, []byte(p.State))
	}
	_, _, err = l.write(ctx, "save the checkpoint", checkpointScript, args...)
	return err
}

func (l *lease) ClearCheckpoint(ctx context.Context, streams []airbyte.Descriptor) error {
	const op = "clear the checkpoint"
	if streams == nil {
		_, _, err := l.write(ctx, op, clearScript, "all", "", "")
		return err
	}
	_, err := l.cutting(ctx, op, streams, clearScript, func(before string, after []byte) []any {
		return append([]any{"streams", before, after}, streamFields(streams)...)
	})
	return err
}

// cutting makes a write that also takes streams out of a GLOBAL state. Lua
// cannot keep the state's bytes, so the cut is made here, and the script
// compares what it was made from; it is made again if that is not what is
// stored, as only a write of the same lease between the two can cause.
func (l *lease) cutting(ctx context.Context, op string, streams []airbyte.Descriptor, script *redis.Script,
	args func(before string, after []byte) []any,
) (string, error) {
	for {
		before, after, err := l.cut(ctx, op, streams)
		if err != nil {
			return "", err
		}
		word, value, err := l.writeAs(ctx, op, script, args("", nil), args(before, after))
		if err != nil || word != answerChanged {
			return value, err
		}
	}
}

// cut gives the SHA-1 of the stored GLOBAL state and what is left of it; nothing
// if the checkpoint is of another kind or no stream is to be cut.
func (l *lease) cut(ctx context.Context, op string, streams []airbyte.Descriptor) (before string, after []byte, err error) {
	if len(streams) == 0 {
		return "", []byte{}, nil
	}
	state, err := l.s.db.HGet(ctx, l.s.keys.checkpoint(l.connection), fieldGlobal).Bytes()
	if errors.Is(err, redis.Nil) {
		return "", []byte{}, nil
	}
	if err != nil {
		return "", nil, explain(ctx, l.named(op), err)
	}
	after, err = rules.CutStreams(state, streams)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", l.named(op), err)
	}
	sum := sha1.Sum(state) //nolint:gosec // it tells states apart, and Redis's Lua has no other
	return hex.EncodeToString(sum[:]), after, nil
}

func streamFields(streams []airbyte.Descriptor) []any {
	fields := make([]any, len(streams))
	for i, d := range streams {
		fields[i] = streamField(d)
	}
	return fields
}
