package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/host"
)

const (
	// onceFor is how long the answer to an Idempotency-Key is kept.
	onceFor    = 24 * time.Hour
	maxOnceKey = 255
)

// onceKeys are the keys that are being answered in this process.
type onceKeys struct {
	mu  sync.Mutex
	now map[string]bool
}

// kept is an answer as it is remembered.
type kept struct {
	Request string          `json:"request"`
	Status  int             `json:"status"`
	Body    json.RawMessage `json:"body"`
}

// onlyOnce gives a request that brings an Idempotency-Key the answer that the
// same request got before. Only what was done is remembered: an error may be tried
// again. A key with another request is a mistake, and one that is being answered
// is told to wait.
func (s *Server) onlyOnce(ctx context.Context, r *request, do func() (*host.Response, error)) (*host.Response, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || !r.operation.Once {
		return do()
	}
	if len(key) > maxOnceKey {
		return nil, &host.Error{Cause: host.Undecodable, Detail: "the Idempotency-Key has more than 255 bytes"}
	}
	name := "api/once/" + digest(r.who.name, key)
	if !s.once.begin(name) {
		return nil, &host.Error{Cause: host.Held, Detail: "the request with this Idempotency-Key is being answered", RetryAfter: time.Second}
	}
	defer s.once.end(name)
	asked := digest(r.operation.Method, r.Path, string(r.Body))
	before, found, err := s.Store.Memo(ctx, name)
	if err != nil {
		return nil, err
	}
	if found {
		return again(before, asked)
	}
	made, err := do()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(kept{asked, made.Status, made.Body})
	if err != nil {
		return nil, err
	}
	if err := s.Store.SaveMemo(ctx, name, text, onceFor); err != nil {
		// It is done: to say anything else would have it done twice.
		host.Log(ctx).Warn("an answer cannot be kept for its Idempotency-Key", "error", err)
	}
	return made, nil
}

func again(text json.RawMessage, asked string) (*host.Response, error) {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, err
	}
	if k.Request != asked {
		return nil, &host.Error{Cause: host.Invalid, Detail: "the Idempotency-Key was used for another request"}
	}
	return &host.Response{Status: k.Status, Header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Replayed": {"true"}}, Body: append(k.Body, '\n')}, nil
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (o *onceKeys) begin(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.now == nil {
		o.now = map[string]bool{}
	}
	if o.now[name] {
		return false
	}
	o.now[name] = true
	return true
}

func (o *onceKeys) end(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.now, name)
}
