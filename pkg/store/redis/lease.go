package redis

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

type lease struct {
	s          *Store
	connection string
	epoch      int64
	token      string
	// deadline is the end by this process's monotonic clock, counted from before
	// the lease was asked for, hence never later than Redis's.
	deadline atomic.Pointer[time.Time]
	// turn is held during a numbered write: Redis must see them in order.
	turn chan struct{}
	seq  int64
	// lost is the fingerprint of the last write if its answer was lost. The same
	// write keeps its number.
	lost fingerprint
}

func (l *lease) Connection() string { return l.connection }

func (l *lease) Epoch() int64 { return l.epoch }

func (l *lease) named(op string) string {
	return fmt.Sprintf("%s of connection %q (lease epoch %d)", op, l.connection, l.epoch)
}

func (l *lease) late() bool { return !time.Now().Before(*l.deadline.Load()) }

// write makes a numbered write and gives the word and the value of its answer.
func (l *lease) write(ctx context.Context, op string, script *redis.Script, args ...any) (word, value string, err error) {
	return l.writeAs(ctx, op, script, args, args)
}

// writeAs is write for arguments that are partly made from what is stored: what
// the caller asked for, in same, tells whether it repeats a write.
func (l *lease) writeAs(ctx context.Context, op string, script *redis.Script, same, args []any) (word, value string, err error) {
	op = l.named(op)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", "", fmt.Errorf("%s: %w", op, ctx.Err())
	}
	if l.late() {
		return "", "", fmt.Errorf("%s: %w", op, store.ErrFenced)
	}
	l.number(script, same)
	args = append([]any{strconv.FormatInt(l.epoch, 10), l.token, strconv.FormatInt(l.seq, 10)}, args...)
	answer, err := l.s.run(ctx, script, l.connection, args...)
	if err != nil {
		// Even an error of Redis may answer a repetition by the client, after a
		// first try that was made.
		l.lost = fingerprintOf(script, same)
		return "", "", explain(ctx, op, err)
	}
	word, rest := split(answer)
	switch word {
	case answerOK, answerChanged:
		return word, first(rest), nil
	case answerFenced:
		return "", "", fmt.Errorf("%s: %w", op, store.ErrFenced)
	case answerLegacy:
		return "", "", &store.KindError{Stored: airbyte.LegacyState, Op: op}
	case answerNotFound:
		return "", "", fmt.Errorf("%s: no such sync: %w", op, store.ErrNotFound)
	}
	return "", "", fmt.Errorf("%s: Redis gave an answer that makes no sense: %q", op, word)
}

// number gives the write the next number, or the last one again if it repeats
// the write whose answer was lost.
func (l *lease) number(script *redis.Script, args []any) {
	if l.lost == (fingerprint{}) || l.lost != fingerprintOf(script, args) {
		l.seq++
	}
	l.lost = fingerprint{}
}

func (l *lease) Renew(ctx context.Context, ttl time.Duration) error {
	if err := rules.TTL(ttl); err != nil {
		return err
	}
	op := l.named("renew the lease")
	deadline := time.Now().Add(ttl)
	if l.late() {
		return fmt.Errorf("%s: %w", op, store.ErrFenced)
	}
	answer, err := l.s.run(ctx, renewScript, l.connection, strconv.FormatInt(l.epoch, 10), l.token, ttl.Milliseconds())
	if err != nil {
		return explain(ctx, op, err)
	}
	if word, _ := split(answer); word != answerOK {
		return fmt.Errorf("%s: %w", op, store.ErrFenced)
	}
	l.deadline.Store(&deadline)
	return nil
}

func (l *lease) Release(ctx context.Context) error {
	_, _, err := l.write(ctx, "release the lease", endScript, "")
	return err
}

func (l *lease) HandOver(ctx context.Context, ttl time.Duration) error {
	if err := rules.TTL(ttl); err != nil {
		return err
	}
	_, _, err := l.write(ctx, "hand over the lease", endScript, ttl.Milliseconds())
	return err
}
