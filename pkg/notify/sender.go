package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

const (
	// tryWithin is how long one try may take, from the name to the answer.
	tryWithin = 10 * time.Second
	// readAtMost is how much of an answer is read: enough to use its connection
	// again.
	readAtMost = 4 << 10
)

// waits are those between the tries.
var waits = []time.Duration{time.Second, 4 * time.Second, 10 * time.Second}

// maxRetryAfter is how long a receiver can have a sender wait. Who wants more gets
// the message when the event is delivered again.
const maxRetryAfter = 20 * time.Second

// Sender posts messages. It is safe for concurrent use.
type Sender struct {
	client *http.Client
	wait   func(ctx context.Context, d time.Duration) error
	now    func() time.Time
}

// NewSender makes a Sender that posts to the addresses of machines and metadata
// services only where they are allowed. It uses no proxy: that would dial for it.
func NewSender(allowed []netip.Prefix) *Sender {
	dialer := &net.Dialer{Timeout: tryWithin, Control: guard(allowed)}
	return &Sender{
		client: &http.Client{
			Timeout: tryWithin,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, TLSHandshakeTimeout: tryWithin, ResponseHeaderTimeout: tryWithin,
				MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second, MaxIdleConns: 20, ForceAttemptHTTP2: true,
			},
			// A redirect would have another receiver read what was meant for the first.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		wait: wait, now: time.Now,
	}
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// RefusalError is a message that no further try gets to its receiver.
type RefusalError struct {
	Host string
	Err  error
}

func (e *RefusalError) Error() string { return fmt.Sprintf("webhook at %s: %v", e.Host, e.Err) }

// Unwrap gives the cause.
func (e *RefusalError) Unwrap() error { return e.Err }

// Send posts a message until its receiver has it. The error is a *RefusalError if
// trying again cannot help. It tells the host, and nothing else of the URL.
func (s *Sender) Send(ctx context.Context, h Hook, m Message) error {
	u, err := url.Parse(h.Webhook)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return &RefusalError{"?", errors.New("the URL is no http or https URL")} // which may hold a token
	}
	body, err := m.body()
	if err != nil {
		return &RefusalError{u.Hostname(), err}
	}
	for try := 0; ; try++ {
		after, err := s.try(ctx, h, m.id(), body)
		var final *RefusalError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &final):
			final.Host = u.Hostname()
			return final
		case try == len(waits):
			return fmt.Errorf("webhook at %s, %d times: %w", u.Hostname(), try+1, err)
		}
		if err := s.wait(ctx, max(waits[try], min(after, maxRetryAfter))); err != nil {
			return err
		}
	}
}

// try posts once. The signature is of this moment: receivers refuse old ones.
func (s *Sender) try(ctx context.Context, h Hook, id string, body []byte) (after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Webhook, bytes.NewReader(body))
	if err != nil {
		return 0, &RefusalError{Err: errors.New("the URL cannot be posted to")}
	}
	now := s.now()
	r.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Knelt-Webhooks"}}
	r.Header.Set(headerID, id)
	r.Header.Set(headerTimestamp, stamp(now))
	if h.Secret != "" {
		signature, err := sign(h.Secret, id, now, body)
		if err != nil {
			return 0, &RefusalError{Err: err}
		}
		r.Header.Set(headerSignature, signature)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, cause(err)
	}
	defer answer.Body.Close()                                           //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, readAtMost)) // its status is the answer
	return judge(answer)
}

// cause is an error of the client without the URL that it quotes.
func cause(err error) error {
	var quoting *url.Error
	if errors.As(err, &quoting) {
		err = quoting.Err
	}
	var not *RefusedError
	if errors.As(err, &not) {
		return &RefusalError{Err: not}
	}
	return err
}

// judge says whether an answer is a yes, and else whether to try again.
func judge(a *http.Response) (after time.Duration, err error) {
	switch code := a.StatusCode; {
	case code >= 200 && code < 300:
		return 0, nil
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if err != nil || seconds < 0 {
			seconds = 0
		}
		return time.Duration(seconds) * time.Second, fmt.Errorf("it answered %d", code)
	}
	return 0, &RefusalError{Err: fmt.Errorf("it answered %d", a.StatusCode)}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
