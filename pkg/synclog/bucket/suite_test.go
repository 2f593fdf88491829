package bucket_test

import (
	"testing"

	"go.uber.org/goleak"
	"gocloud.dev/blob/memblob"

	"knelt.dev/pkg/synclog/bucket"
	"knelt.dev/pkg/synclog/synclogtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestABucketInMemoryIsAHomeOfLogs(t *testing.T) {
	synclogtest.Run(t, func(t *testing.T, keep int) synclogtest.Home {
		return closed(t, bucket.New(memblob.OpenBucket(nil), "mem://", bucket.Options{Keep: keep}))
	})
}

func TestABucketOfFilesIsAHomeOfLogs(t *testing.T) {
	synclogtest.Run(t, func(t *testing.T, keep int) synclogtest.Home { return files(t, bucket.Options{Keep: keep}) })
}

// files is a bucket in a folder.
func files(t *testing.T, opts bucket.Options) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), "file://"+t.TempDir()+"/logs?prefix=of/syncs/", opts)
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, b)
}

func closed(t *testing.T, b *bucket.Bucket) *bucket.Bucket {
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}
