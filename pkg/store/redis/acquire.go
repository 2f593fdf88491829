package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/internal/rules"
)

// Acquire takes the lease; see store.Store. Expiry is judged by Redis's clock.
func (s *Store) Acquire(ctx context.Context, connection, holder string, ttl time.Duration) (store.Lease, error) {
	if err := rules.Acquire(connection, holder, ttl); err != nil {
		return nil, err
	}
	op := fmt.Sprintf("acquire the lease of connection %q", connection)
	if err := s.db.SAdd(ctx, s.keys.index(), connection).Err(); err != nil {
		return nil, explain(ctx, op, err)
	}
	token := s.takeToken(connection, holder)
	deadline := time.Now().Add(ttl)
	answer, err := s.run(ctx, acquireScript, connection, holder, token, ttl.Milliseconds())
	if err != nil {
		s.keepToken(connection, holder, token)
		return nil, explain(ctx, op, err)
	}
	word, rest := split(answer)
	if word == answerHeld {
		info, err := parseLease(pairs(rest))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		return nil, &store.HeldError{Connection: connection, Info: info}
	}
	epoch, err := strconv.ParseInt(first(rest), 10, 64)
	if word != answerOK || err != nil {
		return nil, fmt.Errorf("%s: Redis gave an answer that makes no sense: %v", op, answer)
	}
	l := &lease{s: s, connection: connection, epoch: epoch, token: token, turn: make(chan struct{}, 1)}
	l.deadline.Store(&deadline)
	return l, nil
}

// takeToken gives the token of an acquisition whose answer was lost, to one
// caller only, else a new one.
func (s *Store) takeToken(connection, holder string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{connection, holder}
	if t, ok := s.lost[k]; ok {
		delete(s.lost, k)
		return t
	}
	return rand.Text()
}

func (s *Store) keepToken(connection, holder, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost[[2]string{connection, holder}] = token
}

// LeaseOf reads the lease's key alone, in one HGETALL: a user who may do no more
// than that can watch leases.
func (s *Store) LeaseOf(ctx context.Context, connection string) (store.LeaseInfo, bool, error) {
	op := fmt.Sprintf("read the lease of connection %q", connection)
	fields, err := s.db.HGetAll(ctx, s.keys.lease(connection)).Result()
	if err != nil {
		return store.LeaseInfo{}, false, explain(ctx, op, err)
	}
	if len(fields) == 0 {
		return store.LeaseInfo{}, false, nil
	}
	info, err := parseLease(fields)
	if err != nil {
		return store.LeaseInfo{}, false, fmt.Errorf("%s: %w", op, err)
	}
	return info, true, nil
}

func parseLease(f map[string]string) (store.LeaseInfo, error) {
	epoch, err1 := strconv.ParseInt(f["epoch"], 10, 64)
	expires, err2 := strconv.ParseInt(f["expires"], 10, 64)
	sync, err3 := int64(0), error(nil)
	if f["sync"] != "" {
		sync, err3 = strconv.ParseInt(f["sync"], 10, 64)
	}
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return store.LeaseInfo{}, fmt.Errorf("the lease's key holds what is no lease: somebody else writes to Knelt's keys (%w)", err)
		}
	}
	return store.LeaseInfo{
		Holder: f["holder"], Epoch: epoch, SyncID: sync,
		Expires: time.UnixMilli(expires).UTC(), HandedOver: f["handedOver"] != "",
	}, nil
}
