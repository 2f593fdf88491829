package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
)

func (s *serving) row(t *testing.T) api.Connection {
	t.Helper()
	return ask[api.ConnectionDetail](t, s, http.MethodGet, "/connections/-/shop-to-lake").Connection
}

// becomes waits for the row of the connection to be as wanted.
func (s *serving) becomes(t *testing.T, what string, wanted func(api.Connection) bool) api.Connection {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		row := s.row(t)
		if wanted(row) {
			return row
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not %s: %+v; it said %s", what, row, &s.said)
		}
	}
}

// TestServeKeepsSchedules: a schedule that is written while it runs fires, pauses
// and goes on.
func TestServeKeepsSchedules(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.write(t, "go", "")
	if row := s.row(t); row.Schedule != "manual" || !row.Next.IsZero() {
		t.Errorf("%+v", row)
	}
	s.write(t, "shop.yaml", strings.Replace(served, "{source: shop,", "{schedule: {every: 3s}, source: shop,", 1))
	row := s.becomes(t, "synced twice", func(c api.Connection) bool { return c.Last != nil && c.Last.ID >= 2 })
	if row.Last.Status != api.Succeeded || row.Schedule != "every 3s" {
		t.Errorf("%+v", row)
	}
	s.becomes(t, "planned", func(c api.Connection) bool { return !c.Next.IsZero() })
	if sync := ask[api.Sync](t, s, http.MethodGet, "/connections/-/shop-to-lake/syncs/2"); sync.Due.IsZero() {
		t.Errorf("%+v", sync)
	}
	ask[api.Connection](t, s, http.MethodPost, "/connections/-/shop-to-lake/pause")
	paused := s.becomes(t, "paused", func(c api.Connection) bool { return c.Paused && c.Running == nil })
	time.Sleep(5 * time.Second)
	if row := s.row(t); row.Last.ID > paused.Last.ID+1 || row.PausedBy != api.PausedByAPI || !row.Next.IsZero() {
		t.Errorf("it was synced while it was paused: %+v, then %+v", paused.Last, row)
	}
	ask[api.Connection](t, s, http.MethodPost, "/connections/-/shop-to-lake/resume")
	s.becomes(t, "synced again", func(c api.Connection) bool { return !c.Paused && c.Last.ID > paused.Last.ID+1 })
}

func TestServeShowsTheDashboard(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	a, err := http.Get(s.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Body.Close(); err != nil || a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%s %s %v", a.Status, a.Header.Get("Content-Type"), err)
	}
}
