// Package client calls the API.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
)

// Client calls one server. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
	// pause waits before a request is sent again.
	pause func(ctx context.Context, d time.Duration) error
}

// New makes a Client of the server at base, such as "https://knelt.example"; the
// token may be empty where the server needs none.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the server's URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("the server's URL %q must be as http://HOST:PORT", base)
	case u.User != nil:
		return nil, fmt.Errorf("the server's URL must hold no user: a token says who asks")
	}
	return &Client{base: u, token: token, http: &http.Client{CheckRedirect: refuseElsewhere}, pause: sleep}, nil
}

// Through gives the same client, whose requests go another way than by the
// network alone.
func (c *Client) Through(way http.RoundTripper) *Client {
	made := *c
	made.http = &http.Client{CheckRedirect: refuseElsewhere, Transport: way}
	return &made
}

// refuseElsewhere keeps a token with the server it is for.
func refuseElsewhere(r *http.Request, via []*http.Request) error {
	if len(via) >= 5 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// Error is an answer that is an error.
type Error struct {
	api.Problem
	// RetryAfter is when it may be tried again; 0: not said.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	text := e.Detail
	if text == "" {
		text = e.Title
	}
	for _, f := range e.Errors {
		at := f.Pointer
		if at == "" {
			at = f.Field
		}
		text += fmt.Sprintf("\n  %s: %s", at, f.Detail)
	}
	return text
}

// call is one request.
type call struct {
	operation api.Operation
	path      map[string]string
	query     url.Values
	body      any
	header    http.Header
	// whole is the URL where it is none of the API's.
	whole string
}

func of(id api.OperationID) call {
	return call{operation: api.Of(id), path: map[string]string{}, query: url.Values{}, header: http.Header{}}
}

// ofConnection is a call about a connection.
func ofConnection(id api.OperationID, ref events.Ref) call {
	c := of(id)
	c.path["namespace"], c.path["name"] = ref.Namespace, ref.Name
	if ref.Namespace == "" {
		c.path["namespace"] = "-"
	}
	return c
}

// ofSync is a call about a sync.
func ofSync(id api.OperationID, ref events.Ref, sync int64) call {
	c := ofConnection(id, ref)
	c.path["id"] = strconv.FormatInt(sync, 10)
	return c
}

func (c call) url(base *url.URL) string {
	if c.whole != "" {
		return c.whole
	}
	path := c.operation.Path
	for name, value := range c.path {
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
	}
	u := strings.TrimRight(base.String(), "/") + api.Base + path
	if len(c.query) > 0 {
		u += "?" + c.query.Encode()
	}
	return u
}

const (
	// tries is how often a request is sent that may be sent again.
	tries = 4
	// longestPause is how long a server can have us wait before that.
	longestPause = 30 * time.Second
)

// again tells whether a request can be sent again without being done twice.
func (c call) again() bool {
	return c.operation.Method == http.MethodGet || c.header.Get("Idempotency-Key") != ""
}

// do sends a call and reads its answer into v.
func (c *Client) do(ctx context.Context, what call, v any) error {
	if what.operation.Once {
		what.header.Set("Idempotency-Key", rand.Text())
	}
	answer, err := c.send(ctx, what)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.base, err)
	}
	return nil
}

// send sends a call, again if it may be and it makes sense, and gives an answer
// that is none of an error.
func (c *Client) send(ctx context.Context, what call) (*http.Response, error) {
	for try, wait := 1, 200*time.Millisecond; ; try, wait = try+1, 2*wait {
		answer, err := c.once(ctx, what)
		if err == nil {
			return answer, nil
		}
		after, worth := worthTrying(err)
		if try == tries || !what.again() || !worth || ctx.Err() != nil {
			return nil, err
		}
		if c.pause(ctx, min(max(wait, after), longestPause)) != nil {
			return nil, err
		}
	}
}

func (c *Client) once(ctx context.Context, what call) (*http.Response, error) {
	var body io.Reader
	if what.body != nil {
		text, err := json.Marshal(what.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, what.operation.Method, what.url(c.base), body)
	if err != nil {
		return nil, err
	}
	r.Header = what.header.Clone()
	r.Header.Set("User-Agent", "knelt")
	if what.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, &unreachable{err}
	}
	if answer.StatusCode == what.operation.Status {
		return answer, nil
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	return nil, problemOf(answer)
}

// unreachable is a request that got no answer. Its text is that of net/http, which
// names method and URL.
type unreachable struct{ err error }

func (u *unreachable) Error() string { return u.err.Error() }
func (u *unreachable) Unwrap() error { return u.err }

func worthTrying(err error) (after time.Duration, worth bool) {
	switch e := err.(type) { //nolint:errorlint // they are made here, and not wrapped
	case *unreachable:
		return 0, true
	case *Error:
		switch e.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return e.RetryAfter, true
		}
	}
	return 0, false
}

// problemOf reads the problem document of an answer; what is none, of a proxy
// for example, is told by its status.
func problemOf(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	e := &Error{}
	if err != nil || json.Unmarshal(text, &e.Problem) != nil || e.Title == "" {
		e.Problem = api.Problem{Title: "the server answered " + answer.Status}
	}
	e.Status = answer.StatusCode
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
