// Package synclog keeps the log of each sync in files: the engine's own lines
// and those of both connectors, with level and origin, as JSON Lines.
//
//	HOME/logs/CONNECTION/SYNC-ATTEMPT/0001.jsonl, 0002.jsonl, ... index.json
//
// Logging must never hold up or fail a sync. Write therefore only puts a line
// into a bounded queue; what does not fit, or cannot be written, is counted, and
// a later line (its field linesDropped) says how many are missing. A process that
// is killed loses at most what it wrote in the last Options.FlushEvery.
//
// What is said above is of Folder, the files of one machine. Package bucket keeps
// the same logs in object storage.
//
// Files are 0600 and directories 0700: connectors print their config, and what
// Options.Redact does not know it cannot hide.
package synclog

import (
	"path/filepath"
	"strconv"
)

// Name names the log of an attempt.
type Name struct {
	Connection string
	Sync       int64
	Attempt    int
}

// Dir names the directory of one attempt of a sync below logs, which is
// usually HOME/logs. Connections are named by DNS labels: one, or a namespace and
// a name with a slash between.
func Dir(logs, connection string, sync int64, attempt int) string {
	return filepath.Join(logs, connection, strconv.FormatInt(sync, 10)+"-"+strconv.Itoa(attempt))
}
