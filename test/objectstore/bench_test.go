package objectstore_test

import (
	"testing"

	"knelt.dev/pkg/synclog/bucket"
	"knelt.dev/pkg/synclog/synclogtest"
)

func BenchmarkS3(b *testing.B) {
	home, err := bucket.Open(b.Context(), startGateway(b).url(), bucket.Options{})
	if err != nil {
		b.Fatal(err)
	}
	synclogtest.Benchmark(b, home)
	if err := home.Close(); err != nil {
		b.Fatal(err)
	}
}
