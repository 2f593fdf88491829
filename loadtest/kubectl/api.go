// Package kubectl speaks with a cluster's API server through `kubectl proxy`:
// whoever only measures a cluster links no client of it, and is let in wherever
// kubectl is.
package kubectl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// API is an API server. It may be used by several goroutines.
type API struct {
	http *http.Client
	// end ends the proxy.
	end func() error
}

// appears is how long the proxy may take to listen.
const appears = 20 * time.Second

// Open starts the proxy, which listens on a socket of this user's alone.
func Open(ctx context.Context) (*API, error) {
	dir, err := os.MkdirTemp("", "knelt-kubectl-") // of mode 0700
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "api.sock")
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "kubectl", "proxy", "--unix-socket", socket)
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this process, which still needs it then
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting kubectl: %w", err), os.RemoveAll(dir))
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }() // that it ended is what counts
	a := at(socket)
	a.end = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		<-ended
		return os.RemoveAll(dir)
	}
	if err := listening(ctx, socket, ended); err != nil {
		return nil, errors.Join(fmt.Errorf("kubectl proxy: %w: %s", err, said.Bytes()), a.end())
	}
	return a, nil
}

// at is an API server behind a Unix socket.
func at(socket string) *API {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &API{http: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 100}}, end: func() error { return nil }}
}

// listening waits until the socket takes connections.
func listening(ctx context.Context, socket string, ended <-chan struct{}) error {
	for end := time.Now().Add(appears); ; {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(end) {
			return err
		}
		select {
		case <-ended:
			return errors.New("it has ended")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Close ends the proxy, and with it all that still listens or watches.
func (a *API) Close() error {
	a.http.CloseIdleConnections()
	return a.end()
}

// StatusError is an answer other than 2xx.
type StatusError struct {
	Method, Path string
	Status       int
	Message      string // the beginning of the body
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: %d: %s", e.Method, e.Path, e.Status, e.Message)
}

// IsNotFound tells that there is no such object.
func IsNotFound(err error) bool {
	var e *StatusError
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// do sends a request and gives the answer, if it is a good one.
func (a *API) do(ctx context.Context, method, path, contentType string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	// The proxy refuses whoever calls it by another name.
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, reader)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := a.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer.StatusCode/100 != 2 {
		message, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)) // the status counts
		return nil, errors.Join(&StatusError{method, path, answer.StatusCode, string(message)}, answer.Body.Close())
	}
	return answer, nil
}

// call does a request, and reads the answer into a value unless that is nil.
func (a *API) call(ctx context.Context, method, path, contentType string, body, into any) (err error) {
	answer, err := a.do(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	_, err = io.Copy(io.Discard, answer.Body) // so that the connection is used again
	return err
}

const asJSON = "application/json"

// Get reads an object.
func (a *API) Get(ctx context.Context, path string, into any) error {
	return a.call(ctx, http.MethodGet, path, asJSON, nil, into)
}

// Create makes an object in a collection.
func (a *API) Create(ctx context.Context, path string, object any) error {
	return a.call(ctx, http.MethodPost, path, asJSON, object, nil)
}

// Apply makes an object, or changes it to be as given.
func (a *API) Apply(ctx context.Context, path string, object any) error {
	return a.call(ctx, http.MethodPatch, path+"?fieldManager=knelt-loadtest&force=true", "application/apply-patch+yaml", object, nil)
}

// Delete deletes an object, its pods at once. One that is gone is no error.
func (a *API) Delete(ctx context.Context, path string) error {
	err := a.call(ctx, http.MethodDelete, path+"?gracePeriodSeconds=0", asJSON, nil, nil)
	if IsNotFound(err) {
		return nil
	}
	return err
}
