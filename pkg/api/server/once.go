package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"knelt.dev/pkg/host"
)

const (
	// onceFor is how long the answer to an Idempotency-Key is kept.
	onceFor    = 24 * time.Hour
	maxOnceKey = 255
	// onceWithin is how long what a key is for may take, and onceClaim how long it
	// is not done by another: longer, so that of two that do it none ever runs. It
	// is also how long a server that died in the middle leaves a key unanswered.
	onceWithin = time.Minute
	onceClaim  = 2 * onceWithin
	// oncePatience is how long one waits for another's answer, looking every
	// onceLook.
	oncePatience = 5 * time.Second
	onceLook     = 50 * time.Millisecond
)

// kept is what is remembered of a key: the request it came with, and the answer
// or, without a status, who is at it.
type kept struct {
	Request string          `json:"request"`
	By      string          `json:"by,omitempty"`
	Status  int             `json:"status,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// onlyOnce gives a request that brings an Idempotency-Key the answer that the
// same request got before, from this server or another; one that is being answered
// is waited for. Only what was done is remembered: an error may be tried again. A
// key with another request is a mistake.
func (s *Server) onlyOnce(ctx context.Context, r *request, do func(context.Context) (*host.Response, error)) (*host.Response, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || !r.operation.Once {
		return do(ctx)
	}
	if len(key) > maxOnceKey {
		return nil, &host.Error{Cause: host.Undecodable, Detail: "the Idempotency-Key has more than 255 bytes"}
	}
	o := once{store: s.Store, name: "api/once/" + digest(r.who.name, key), asked: digest(r.operation.Method, r.Path, string(r.Body))}
	before, err := o.claim(ctx)
	if err != nil || before != nil {
		return before, err
	}
	return o.answer(ctx, do)
}

// once is one key in the hands of one request.
type once struct {
	store       Store
	name, asked string
	mine        json.RawMessage
}

// claim makes the key this request's, or gives the answer that there is.
func (o *once) claim(ctx context.Context) (*host.Response, error) {
	var err error
	if o.mine, err = json.Marshal(kept{Request: o.asked, By: rand.Text()}); err != nil {
		return nil, err
	}
	for until := time.Now().Add(oncePatience); ; {
		text, ok, err := o.store.SwapMemo(ctx, o.name, nil, o.mine, onceClaim)
		if ok || err != nil {
			return nil, err
		}
		var now kept
		if err := json.Unmarshal(text, &now); err != nil {
			return nil, err
		}
		switch {
		case now.Request != o.asked:
			return nil, &host.Error{Cause: host.Invalid, Detail: "the Idempotency-Key was used for another request"}
		case now.Status != 0:
			return now.again(), nil
		case time.Now().After(until):
			return nil, &host.Error{Cause: host.Held, Detail: "the request with this Idempotency-Key is being answered", RetryAfter: time.Second}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(onceLook):
		}
	}
}

func (k kept) again() *host.Response {
	return &host.Response{Status: k.Status, Header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Replayed": {"true"}}, Body: append(k.Body, '\n')}
}

// answer does what the key is for, and keeps the answer or sets the key free.
func (o *once) answer(ctx context.Context, do func(context.Context) (*host.Response, error)) (*host.Response, error) {
	within, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	made, failure := do(within)
	var text json.RawMessage // of an error: nothing is kept
	if failure == nil {
		var err error
		if text, err = json.Marshal(kept{Request: o.asked, Status: made.Status, Body: made.Body}); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), onceWithin/2)
	defer stop()
	if _, ok, err := o.store.SwapMemo(ctx, o.name, o.mine, text, onceFor); !ok {
		// What is done is done: to say anything else would have it done twice.
		host.Log(ctx).Warn("what became of an Idempotency-Key cannot be kept", "error", err)
	}
	return made, failure
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
