package bucket_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/bucket"
)

var orders = synclog.Name{Connection: "team/orders", Sync: 12, Attempt: 1}

func opened(t *testing.T, b *bucket.Bucket, epoch int64, opts synclog.Options) *synclog.Log {
	t.Helper()
	l, err := b.Open(orders, epoch, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // again, where the test did it
	return l
}

// texts gives what can be read of the log of orders.
func texts(t *testing.T, b *bucket.Bucket, q synclog.Query) string {
	t.Helper()
	var got []string
	for e, err := range b.Read(t.Context(), orders, q) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Message)
	}
	return strings.Join(got, " ")
}

// readable waits until a log says just that.
func readable(t *testing.T, b *bucket.Bucket, want string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		got = nil
		for e, err := range b.Read(t.Context(), orders, synclog.Query{}) {
			if err == nil {
				got = append(got, e.Message)
			}
		}
		if strings.Join(got, " ") == want {
			return
		}
	}
	t.Fatalf("the log says %q, want %q", got, want)
}

func TestAZombieSpoilsNothingOfItsSuccessors(t *testing.T) {
	b := files(t, bucket.Options{})
	quick := synclog.Options{FlushEvery: time.Millisecond}
	zombie, next, twin := opened(t, b, 4, quick), opened(t, b, 5, quick), opened(t, b, 5, quick)
	zombie.Write(synclog.Entry{Message: "first"})
	readable(t, b, "first")
	next.Write(synclog.Entry{Message: "third"})
	readable(t, b, "first third")
	zombie.Write(synclog.Entry{Message: "late"})
	readable(t, b, "first late third")
	twin.Write(synclog.Entry{Message: "fourth"})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := texts(t, b, synclog.Query{})
		if strings.Contains(got, "third") && strings.Contains(got, "fourth") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("of two writers with one epoch is left: %s", got)
		}
	}
}

// TestACrashLosesOnlyWhatWasNotFlushed never closes the log: that is all a kill
// does to it.
func TestACrashLosesOnlyWhatWasNotFlushed(t *testing.T) {
	b := files(t, bucket.Options{FlushEvery: 20 * time.Millisecond})
	l := opened(t, b, 1, synclog.Options{})
	l.Write(synclog.Entry{Message: "flushed"})
	readable(t, b, "flushed")
	if got := texts(t, b, synclog.Query{Tail: 1}); got != "flushed" {
		t.Errorf("the tail is %q", got)
	}
}

func TestAnOutageHoldsNobodyUpAndIsToldOf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	var troubles atomic.Int64
	b, err := bucket.Open(t.Context(), "file://"+dir, bucket.Options{Trouble: func(n synclog.Name, err error) {
		if n != orders || err == nil {
			t.Errorf("trouble of %v: %v", n, err)
		}
		troubles.Add(1)
	}})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, b)
	l := opened(t, b, 1, synclog.Options{FlushEvery: time.Millisecond, QueueBytes: 16 << 10})
	l.Write(synclog.Entry{Message: "before"})
	readable(t, b, "before")

	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const lines = 10_000
	start := time.Now()
	for i := range lines {
		l.Write(synclog.Entry{Origin: synclog.Source, Message: fmt.Sprint(i)})
		if i == 10 {
			for troubles.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%d lines took %s", lines, took)
	}
	missing := l.Dropped()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	index, err := b.Index(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if kept := index.Lines(synclog.Source, synclog.Info); missing == 0 || kept+missing != lines || index.Dropped() != missing {
		t.Errorf("%d kept, %d dropped, %d said to be", kept, missing, index.Dropped())
	}
	if troubles.Load() != 1 {
		t.Errorf("one outage was told %d times", troubles.Load())
	}
}

// TestASilentStorageIsLeftInTime has an S3 that takes requests and never answers.
func TestASilentStorageIsLeftInTime(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "knelt")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(over); silent.Close() })
	b, err := bucket.Open(t.Context(), "s3://logs?region=eu-central-1&use_path_style=true&endpoint="+silent.URL, bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, b)
	l := opened(t, b, 1, synclog.Options{FlushEvery: time.Millisecond, CloseWithin: 300 * time.Millisecond})
	l.Write(synclog.Entry{Message: "lost"})
	time.Sleep(50 * time.Millisecond)
	l.Write(synclog.Entry{Message: "lost too"})
	start := time.Now()
	err = l.Close()
	if took := time.Since(start); took > 15*time.Second { // far less but for a busy machine
		t.Errorf("closing took %s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "2 lines could not be written") {
		t.Errorf("closing gives %v", err)
	}
}

func TestURLsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, at := range []string{"", "/var/log", "ftp://host/x", "s3://user:secret@bucket"} {
		b, err := bucket.Open(t.Context(), at, bucket.Options{})
		if err == nil {
			_ = b.Close()
			t.Errorf("%q is opened", at)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error quotes credentials: %v", err)
		}
	}
}

// TestFilesOfABucketArePrivate: the storage makes files with 0644, in folders that
// nobody else may enter.
func TestFilesOfABucketArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	b, err := bucket.Open(t.Context(), "file://"+dir, bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, b)
	l := opened(t, b, 1, synclog.Options{})
	l.Write(synclog.Entry{Message: "config: ..."})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); d.IsDir() && mode&0o077 != 0 {
			t.Errorf("%s has mode %o", path, mode)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
