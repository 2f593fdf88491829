package engine

import (
	"errors"
	"path/filepath"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// attemptLog is the log of one attempt: lines of the engine, the relay and both
// connectors, redacted.
type attemptLog struct {
	logs string // the folder of all logs
	dir  string
	log  *synclog.Log
	tee  func(synclog.Entry)
}

// LogsDir is the folder of all logs in an engine's home.
func LogsDir(home string) string { return filepath.Join(home, "logs") }

func (a *attempt) openLog() (*attemptLog, error) {
	logs := LogsDir(a.engine.Home)
	dir := synclog.Dir(logs, a.lease.Connection(), a.record.ID, a.number)
	log, err := synclog.Open(dir, synclog.Options{Redact: func(b []byte) []byte { return a.redactor.AppendRedacted(nil, b) }})
	if err != nil {
		return nil, while("opening the sync's log", err)
	}
	return &attemptLog{logs: logs, dir: dir, log: log, tee: a.tee()}, nil
}

// tee gives what passes entries on to whoever reads them beside the files.
func (a *attempt) tee() func(synclog.Entry) {
	if a.engine.Log == nil {
		return func(synclog.Entry) {}
	}
	name := SyncName{Connection: a.lease.Connection(), Sync: a.record.ID, Attempt: a.number}
	return func(e synclog.Entry) {
		e.Message = a.redactor.String(e.Message)
		a.engine.Log(name, e)
	}
}

func (l *attemptLog) write(e synclog.Entry) {
	l.log.Write(e)
	l.tee(e)
}

func (l *attemptLog) engine(level, text string) {
	l.write(synclog.Entry{Level: synclog.Level(level), Origin: synclog.Engine, Message: text})
}

// relay takes the lines of a relay.
func (l *attemptLog) relay(line replication.LogLine) {
	e := synclog.Entry{Level: synclog.Level(line.Level), Origin: synclog.Origin(line.Origin), Message: string(line.Message)}
	if line.Origin != replication.Engine {
		e.Output = synclog.Stdout
		if line.Stderr {
			e.Output = synclog.Stderr
		}
	}
	l.write(e)
}

// reasons closes the log with how the attempt ended.
func (l *attemptLog) reasons(status store.Status, reasons []string) {
	level := "INFO"
	if status != store.Succeeded {
		level = "ERROR"
	}
	for _, reason := range reasons {
		l.engine(level, reason)
	}
	l.engine(level, "the sync ended: "+string(status))
}

// close ends the log and makes room for the next ones. What could not be written
// is no reason to fail a sync: the error is for a warning.
func (l *attemptLog) close() error {
	err := l.log.Close()
	_, pruned := synclog.Prune(l.logs, keepLogs, keepLogBytes)
	return while("the sync's log", errors.Join(err, pruned))
}

// How many logs are kept of a connection, and how many bytes of all.
const (
	keepLogs     = 100
	keepLogBytes = 4 << 30
)
