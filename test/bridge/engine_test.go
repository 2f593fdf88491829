//go:build linux

package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
)

// wanted is what an engine's process is told.
type wanted struct {
	Pods localPods
	// File holds the documents.
	File string
	Home string
	Key  string
	// Reset empties all streams instead.
	Reset bool
}

// became is what an engine's process says at its end.
type became struct {
	Status              store.Status
	Reasons             []string
	Continued, Repeated bool
	Sync                int64
	Attempts            []store.Attempt
	Ledger              *replication.Ledger
	Held                bool
	Error               string
}

// engineMain syncs until the end, or until SIGTERM has it leave.
func engineMain(text string) int {
	var w wanted
	var b became
	err := json.Unmarshal([]byte(text), &w)
	if err == nil {
		b, err = w.sync()
	}
	if err != nil {
		b.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (w wanted) sync() (became, error) {
	ctx := context.Background()
	set, err := connection.Load(w.File)
	if err != nil {
		return became{}, err
	}
	req := engine.Request{Key: w.Key, Reset: w.Reset, Detach: onSignal(syscall.SIGTERM)}
	if req.Connection, err = set.Connection(""); err != nil {
		return became{}, err
	}
	if req.Source, err = set.SourceOf(req.Connection); err != nil {
		return became{}, err
	}
	if req.Destination, err = set.DestinationOf(req.Connection); err != nil {
		return became{}, err
	}
	db, err := redis.Open(ctx, w.Pods.Redis, redis.Options{})
	if err != nil {
		return became{}, err
	}
	defer db.Close() //nolint:errcheck // all is written by then
	local := process.New(process.Config{Root: w.Home + "/run"})
	e := &engine.Engine{
		Store: db, Runtime: &podRuntime{local, w.Pods}, Home: w.Home,
		Holder: store.ProcessHolder(), LeaseTTL: w.Pods.TTL, ProgressEvery: 20 * time.Millisecond,
	}
	r, err := e.Sync(ctx, req)
	_, held := asHeld(err)
	return became{
		Status: r.Status(), Reasons: r.Reasons(), Continued: r.Continued, Repeated: r.Repeated,
		Sync: r.Record.ID, Attempts: r.Record.Attempts, Ledger: r.Ledger, Held: held,
	}, err
}

func onSignal(s os.Signal) <-chan struct{} {
	signals, came := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, s)
	go func() {
		<-signals
		close(came)
	}()
	return came
}
