// Package site is an installation of Knelt on a cluster as it is seen from
// outside: events are posted to its Broker, a Trigger brings here what it tells,
// and its pods are watched.
package site

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"knelt.dev/loadtest/kubectl"
)

// The namespaces that config/knative makes.
const (
	System     = "knelt-system"
	Connectors = "knelt-connectors"
)

// Config of a Site.
type Config struct {
	// Images is a file of lines NAME REFERENCE.
	Images string
	// Address of this machine that pods reach.
	Address string
}

// Site is an installation. What watches it may be used by several goroutines.
type Site struct {
	API    *kubectl.API
	Images map[string]string // references, by name
	Heard  *Recorder
	Crowd  *Crowd
	HTTP   *http.Client
	// Refused counts the posts that the Broker refused for now.
	Refused atomic.Int64

	broker string

	ctx   context.Context
	fail  context.CancelCauseFunc
	going sync.WaitGroup
}

// Open begins to listen and to watch.
func Open(ctx context.Context, c Config) (*Site, error) {
	images, err := readImages(c.Images)
	if err != nil {
		return nil, err
	}
	s := &Site{broker: Broker, Images: images, Crowd: newCrowd(), HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	if s.API, err = kubectl.Open(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	s.Watch(System, functionLabel, s.Crowd.see)
	s.Watch(Connectors, "app.kubernetes.io/name=knelt-connector", s.Crowd.see)
	s.Heard, err = listen(s.ctx, s.API, c.Address)
	if err == nil {
		err = s.Await("the first list of pods", time.Minute, func() bool { return s.Crowd.listed(2) })
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Context ends with Close, and when something that is watched is out of sight:
// then that is its cause.
func (s *Site) Context() context.Context { return s.ctx }

// Go does something beside until Close, by when it is over. Its error ends the
// site's context.
func (s *Site) Go(do func(ctx context.Context) error) {
	s.going.Go(func() {
		if err := do(s.ctx); err != nil {
			s.fail(err)
		}
	})
}

// Watch tells of pods until the site is closed.
func (s *Site) Watch(namespace, selector string, tell func(kubectl.Event)) {
	s.Go(func(ctx context.Context) error { return s.API.WatchPods(ctx, namespace, selector, tell) })
}

// Close stops listening and watching.
func (s *Site) Close() error {
	s.fail(errors.New("the site is closed"))
	s.going.Wait()
	var err error
	if s.Heard != nil {
		err = s.Heard.close()
	}
	return errors.Join(err, s.API.Close())
}

// Await waits until something is so. The error says that it did not come in time,
// or why the site is out of sight.
func (s *Site) Await(what string, within time.Duration, is func() bool) error {
	for end := time.Now().Add(within); !is(); {
		if time.Now().After(end) {
			return fmt.Errorf("%s did not come within %s", what, within)
		}
		select {
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// AtZero waits until there is no pod of a function, nor of a connector.
func (s *Site) AtZero(within time.Duration) error {
	return s.Await("the end of all pods", within, func() bool { return s.Crowd.All() == 0 })
}

// Forget makes as if nothing had been heard, and no more pods been seen than there
// are.
func (s *Site) Forget() {
	s.Heard.forget()
	s.Crowd.forget()
}

func readImages(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the cluster's scenarios are run by test/knative/load.sh: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	all := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, reference, ok := strings.Cut(lines.Text(), " "); ok {
			all[name] = reference
		}
	}
	return all, lines.Err()
}
