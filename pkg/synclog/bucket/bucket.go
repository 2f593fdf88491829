package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gocloud.dev/blob"

	"knelt.dev/pkg/synclog"
)

// Options of a bucket. The zero value of each is its default.
type Options struct {
	// FlushEvery bounds how long a line waits, and so what a crash loses. Default
	// 5 s; 256 KiB do not wait for it.
	FlushEvery time.Duration
	// TotalBytes bounds the log of an attempt; beyond it the middle is dropped.
	// Default 256 MiB.
	TotalBytes int64
	// Keep is how many attempts of a connection are kept (default 100), KeepFor
	// how long (default 30 days after the last line). Negative: no limit.
	Keep    int
	KeepFor time.Duration
	// Running tells whether a sync goes on, in a relay or between two of them. It
	// ends those who follow a log whose writer was killed, and keeps those who
	// follow one that waits for its next writer. nil: the last writer's word
	// counts alone.
	Running func(ctx context.Context, name synclog.Name) (bool, error)
	// Trouble, if set, is told once an outage why lines cannot be put.
	Trouble func(name synclog.Name, err error)
}

// Bucket is where logs are kept. It is safe for concurrent use.
type Bucket struct {
	blobs *blob.Bucket
	where string
	opts  Options
}

// Open opens the bucket at a URL: file:///path, or s3://name with the parameters
// region, endpoint, use_path_style and prefix; binaries built with the tags gcs
// and azure know gs:// and azblob:// as well. Credentials are in none of them but
// where the storage's own tools look. Nothing is asked of the storage yet.
func Open(ctx context.Context, at string, opts Options) (*Bucket, error) {
	u, err := url.Parse(at)
	if err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("logs are kept at a URL such as s3://bucket?region=eu-central-1 or file:///var/log/knelt, not at %q", at)
	}
	if u.User != nil {
		return nil, errors.New("the URL of the logs holds credentials: give them by the environment")
	}
	private(u)
	blobs, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("opening the bucket of the logs: %w", err)
	}
	return New(blobs, where(u), opts), nil
}

// New keeps logs in an open bucket; where names it to people. Close closes it.
func New(blobs *blob.Bucket, where string, opts Options) *Bucket {
	if opts.FlushEvery <= 0 {
		opts.FlushEvery = 5 * time.Second
	}
	if opts.TotalBytes <= 0 {
		opts.TotalBytes = 256 << 20
	}
	if opts.Keep == 0 {
		opts.Keep = 100
	}
	if opts.KeepFor == 0 {
		opts.KeepFor = 30 * 24 * time.Hour
	}
	return &Bucket{blobs, where, opts}
}

// private has files made as those of synclog are: in folders of their owner alone,
// whole or not at all, and with nothing beside them.
func private(u *url.URL) {
	if u.Scheme != "file" {
		return
	}
	q := u.Query()
	for name, value := range map[string]string{"create_dir": "1", "dir_file_mode": "0700", "no_tmp_dir": "1", "metadata": "skip"} {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
}

// where is a URL without its parameters but the prefix.
func where(u *url.URL) string {
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/") + "/" + u.Query().Get("prefix")
}

// Close closes the bucket. Logs that are open end with an error.
func (b *Bucket) Close() error { return b.blobs.Close() }

// Where tells people where a log is.
func (b *Bucket) Where(n synclog.Name) string { return b.where + attemptDir(n) }

// Open opens the log of an attempt for the relay that holds the lease with this
// epoch. It waits for nothing: an unreachable storage is told by Options.Trouble
// and by Close.
func (b *Bucket) Open(n synclog.Name, epoch int64, opts synclog.Options) (*synclog.Log, error) {
	if opts.FlushEvery <= 0 {
		opts.FlushEvery = b.opts.FlushEvery
	}
	if opts.TotalBytes <= 0 {
		opts.TotalBytes = b.opts.TotalBytes
	}
	writer := strings.ToLower(rand.Text()[:12]) // so that no two processes ever share a folder
	return synclog.New(&sink{bucket: b, name: n, dir: writerDir(n, epoch, writer), limit: opts.TotalBytes, total: unknown}, opts), nil
}
