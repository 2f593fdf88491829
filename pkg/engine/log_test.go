package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// elsewhere keeps logs in a folder, and notes who asked for what.
type elsewhere struct {
	synclog.Folder
	epochs []int64
	tidied []string
}

func (e *elsewhere) Open(n synclog.Name, epoch int64, opts synclog.Options) (*synclog.Log, error) {
	e.epochs = append(e.epochs, epoch)
	return e.Folder.Open(n, epoch, opts)
}

func (e *elsewhere) Tidy(_ context.Context, connection string) error {
	e.tidied = append(e.tidied, connection)
	return errors.New("no room can be made")
}

func TestLogsAreKeptWhereTheEngineIsToldTo(t *testing.T) {
	f := newFixture(t)
	logs := &elsewhere{Folder: synclog.Folder{Path: filepath.Join(f.dir, "elsewhere")}}
	f.engine.Logs = logs
	f.sourceEnv = `, EXIT: "1"`
	f.spec = "  retries: {max: 1, backoff: 1ms}\n"
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	if len(logs.epochs) != 2 || logs.epochs[0] != r.Epoch || len(logs.tidied) != 2 || logs.tidied[0] != "shop-to-lake" {
		t.Errorf("opened for %v, tidied %v; the lease's epoch is %d", logs.epochs, logs.tidied, r.Epoch)
	}
	name := synclog.Name{Connection: "shop-to-lake", Sync: 1, Attempt: 2}
	if r.LogDir != logs.Where(name) {
		t.Errorf("the result names the log %s", r.LogDir)
	}
	var last string
	for e, err := range logs.Read(t.Context(), name, synclog.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if last = e.Message; strings.Contains(last, "top-secret-value") {
			t.Errorf("the log holds a secret: %s", last)
		}
	}
	if last != "the sync ended: failed" {
		t.Errorf("the log ends with %q", last)
	}
	if _, err := os.Stat(engine.LogsDir(f.engine.Home)); !os.IsNotExist(err) {
		t.Errorf("the engine's home has logs, too: %v", err)
	}
	warned := false
	for _, e := range f.events {
		warned = warned || e.Kind == engine.Warning && strings.Contains(e.Message, "no room can be made")
	}
	if !warned {
		t.Error("nobody was told that old logs stay")
	}
}
