package objectstore_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/bucket"
	"knelt.dev/pkg/synclog/synclogtest"
)

func TestS3IsAHomeOfLogs(t *testing.T) {
	g := startGateway(t)
	homes := 0
	synclogtest.Run(t, func(t *testing.T, keep int) synclogtest.Home {
		homes++
		return open(t, g.url()+fmt.Sprintf("&prefix=%d/", homes), bucket.Options{Keep: keep})
	})
}

func open(t *testing.T, url string, opts bucket.Options) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

var orders = synclog.Name{Connection: "team/orders", Sync: 12, Attempt: 1}

// TestAServerThatDiesAndComesBackHasTheWholeLog, less what is counted.
func TestAServerThatDiesAndComesBackHasTheWholeLog(t *testing.T) {
	g := startGateway(t)
	down := make(chan struct{})
	var once atomic.Bool
	b := open(t, g.url(), bucket.Options{Trouble: func(synclog.Name, error) {
		if once.CompareAndSwap(false, true) {
			close(down)
		}
	}})
	l, err := b.Open(orders, 1, synclog.Options{FlushEvery: 20 * time.Millisecond, QueueBytes: 64 << 10, CloseWithin: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	const lines = 3000
	for i := range lines {
		switch i {
		case 1000:
			g.kill()
		case 1001:
			<-down
		}
		l.Write(synclog.Entry{Origin: synclog.Source, Message: fmt.Sprintf("line %d %s", i, strings.Repeat("x", 50))})
		if i%100 == 99 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	missing := l.Dropped()
	g.start()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	index, err := b.Index(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	kept := index.Lines(synclog.Source, synclog.Info)
	if missing == 0 || kept+missing != lines || index.Dropped() != missing {
		t.Errorf("%d kept, %d dropped, %d said to be", kept, missing, index.Dropped())
	}
	next := 0
	for e, err := range b.Read(t.Context(), orders, synclog.Query{Origins: []synclog.Origin{synclog.Source}}) {
		var n int
		if _, scanned := fmt.Sscanf(e.Message, "line %d", &n); err != nil || scanned != nil || n < next {
			t.Fatalf("after line %d comes %q, %v", next-1, e.Message, err)
		}
		next = n + 1
	}
}

func TestARefusalIsToldWithoutTheKey(t *testing.T) {
	g := startGateway(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
	told := make(chan error, 10)
	b := open(t, g.url(), bucket.Options{Trouble: func(_ synclog.Name, err error) { told <- err }})
	l, err := b.Open(orders, 1, synclog.Options{FlushEvery: time.Millisecond, CloseWithin: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l.Write(synclog.Entry{Message: "x"})
	if err := <-told; !strings.Contains(err.Error(), "SignatureDoesNotMatch") || strings.Contains(err.Error(), "not-the-secret") {
		t.Errorf("told is %v", err)
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "1 lines could not be written") {
		t.Errorf("closing gives %v", err)
	}
	for _, err := range b.Read(t.Context(), orders, synclog.Query{}) {
		if err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
			t.Errorf("reading gives %v", err)
		}
	}
}
