package synclog_test

import (
	"testing"

	"knelt.dev/pkg/synclog"
	"knelt.dev/pkg/synclog/synclogtest"
)

func TestAFolderIsAHomeOfLogs(t *testing.T) {
	synclogtest.Run(t, func(t *testing.T, keep int) synclogtest.Home {
		return synclog.Folder{Path: t.TempDir(), Keep: keep}
	})
}

func BenchmarkFolder(b *testing.B) {
	synclogtest.Benchmark(b, synclog.Folder{Path: b.TempDir()})
}
