package bucket_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/bucket"
)

// TestAFollowerOutlivesTheWritersOfASync: between two relays nobody writes, and the
// store knows that the sync goes on.
func TestAFollowerOutlivesTheWritersOfASync(t *testing.T) {
	var running atomic.Bool
	running.Store(true)
	b := files(t, bucket.Options{Running: func(_ context.Context, n synclog.Name) (bool, error) { return running.Load(), nil }})
	lines := make(chan string, 100)
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for e, err := range b.Read(ctx, orders, synclog.Query{Follow: true}) {
			if err != nil {
				ended <- err
				return
			}
			lines <- e.Message
		}
		ended <- nil
	}()
	for epoch, message := range []string{"one", "two", "three"} {
		l := opened(t, b, int64(epoch+1), synclog.Options{})
		l.Write(synclog.Entry{Message: message})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if got := <-lines; got != message {
			t.Fatalf("the follower saw %s, want %s", got, message)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("the follower left a running sync: %v", err)
	case <-time.After(1200 * time.Millisecond):
	}
	// The last one is killed: it says no end.
	l := opened(t, b, 4, synclog.Options{FlushEvery: time.Millisecond})
	l.Write(synclog.Entry{Message: "four"})
	if got := <-lines; got != "four" {
		t.Fatalf("the follower saw %s", got)
	}
	running.Store(false)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAFollowerGoesOnBehindTheTail(t *testing.T) {
	b := files(t, bucket.Options{})
	l := opened(t, b, 1, synclog.Options{FlushEvery: time.Millisecond})
	for _, m := range []string{"1", "2", "3"} {
		l.Write(synclog.Entry{Message: m})
	}
	readable(t, b, "1 2 3")
	var got []string
	for e, err := range b.Read(t.Context(), orders, synclog.Query{Tail: 2, Follow: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e.Message); len(got) == 2 {
			l.Write(synclog.Entry{Message: "4"})
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if strings.Join(got, " ") != "2 3 4" {
		t.Errorf("the follower saw %v", got)
	}
}
