package engine

import (
	"context"
	"path/filepath"
	"time"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// attemptLog is the log of one attempt: lines of the engine, the relay and both
// connectors, redacted.
type attemptLog struct {
	home  Logs
	of    synclog.Name
	where string
	log   *synclog.Log
	tee   func(synclog.Entry)
}

// Logs keeps the logs of attempts. It is safe for concurrent use.
type Logs interface {
	// Open opens the log of an attempt for the relay that holds the lease with
	// this epoch. Relays of one attempt write one after the other; what one that
	// has lost its lease still writes spoils nothing of its successor's.
	Open(name synclog.Name, epoch int64, opts synclog.Options) (*synclog.Log, error)
	// Where tells people where a log is.
	Where(name synclog.Name) string
	// Tidy makes room once an attempt of a connection has ended.
	Tidy(ctx context.Context, connection string) error
}

// logs is where the engine keeps logs.
func (e *Engine) logs() Logs {
	if e.Logs != nil {
		return e.Logs
	}
	return synclog.Folder{Path: LogsDir(e.Home), Keep: keepLogs, KeepBytes: keepLogBytes}
}

// LogsDir is the folder of all logs in an engine's home.
func LogsDir(home string) string { return filepath.Join(home, "logs") }

func (a *attempt) openLog() (*attemptLog, error) {
	home, name := a.engine.logs(), a.logName()
	redact := func(b []byte) []byte { return a.redactor.AppendRedacted(nil, b) }
	log, err := home.Open(name, a.lease.Epoch(), synclog.Options{Redact: redact})
	if err != nil {
		return nil, while("opening the sync's log", err)
	}
	return &attemptLog{home: home, of: name, where: home.Where(name), log: log, tee: a.tee()}, nil
}

func (a *attempt) logName() SyncName {
	return SyncName{Connection: a.lease.Connection(), Sync: a.record.ID, Attempt: a.number}
}

// tee gives what passes entries on to whoever reads them beside the files.
func (a *attempt) tee() func(synclog.Entry) {
	if a.engine.Log == nil {
		return func(synclog.Entry) {}
	}
	name := a.logName()
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

// close ends the log. What could not be written is no reason to fail a sync: the
// error is for a warning, as that of tidy.
func (l *attemptLog) close() error { return while("the sync's log", l.log.Close()) }

// tidy makes room for the next logs.
func (l *attemptLog) tidy() error {
	ctx, cancel := context.WithTimeout(context.Background(), tidyWithin)
	defer cancel()
	return while("old logs of syncs", l.home.Tidy(ctx, l.of.Connection))
}

// tidyWithin bounds the work on old logs: whoever ends a sync is waited for.
const tidyWithin = 10 * time.Second

// How many logs are kept of a connection, and how many bytes of all.
const (
	keepLogs     = 100
	keepLogBytes = 4 << 30
)
