package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store/redis"
)

// connectionName is that of all syncs over bridges here; each has a store of
// its own.
const connectionName = "load"

// world is a sync over bridges in the making: a real store, and two pods whose
// connectors wait for a relay.
type world struct {
	o     options
	dir   string
	redis *proc
	db    *redis.Store
	order order
	pods  map[secure.Pod]*pod
}

// pod is the two processes of a connector's pod.
type pod struct{ serve, exec *proc }

// patience bounds what must come.
const patience = 30 * time.Second

// newWorld starts the pods for a sync of a scenario; ctx ends all.
func newWorld(ctx context.Context, o options, s scenario, dir string, ttl time.Duration) (*world, error) {
	w := &world{o: o, dir: dir, pods: map[secure.Pod]*pod{}}
	socket := filepath.Join(dir, "redis.sock")
	w.order = order{Redis: "unix://" + socket, TTL: ttl}
	var err error
	if w.redis, err = start(ctx, "redis-server", exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "")); err != nil {
		return nil, err
	}
	if err = await(ctx, "the store", func() bool { _, err := os.Stat(socket); return err == nil }); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if w.db, err = redis.Open(ctx, w.order.Redis, redis.Options{}); err == nil {
		err = w.begin(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// begin makes the files and the pods.
func (w *world) begin(ctx context.Context, s scenario) error {
	source, err1 := w.o.program("source-faker")
	destination, err2 := w.o.program(s.destination)
	if err := errors.Join(err1, err2, s.files(w.o, w.dir), s.catalog(ctx, source, w.dir)); err != nil {
		return err
	}
	catalog, err := os.ReadFile(filepath.Join(w.dir, "catalog.json"))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		which   secure.Pod
		side    *side
		command connector.Command
		program string
	}{
		{secure.Source, &w.order.Source, connector.Read, source},
		{secure.Destination, &w.order.Destination, connector.Write, destination},
	} {
		config, err := os.ReadFile(filepath.Join(w.dir, string(c.which)+".json"))
		if err != nil {
			return err
		}
		c.side.Invocation = connector.Invocation{Command: c.command, Config: config, Catalog: catalog}
		if err := w.newPod(ctx, c.which, c.side, c.program); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) newPod(ctx context.Context, which secure.Pod, s *side, program string) error {
	seed, err := secure.NewSyncSeed().Pod(which)
	if err != nil {
		return err
	}
	s.Seed = seed.Text()
	bridge, err1 := w.o.program("bridge")
	err2 := writeFile(w.dir, string(which)+".seed", []byte(s.Seed))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	dir, p := filepath.Join(w.dir, string(which)), &pod{}
	w.pods[which] = p
	serve := exec.Command(bridge, "serve", "--dir", dir, "--listen", "127.0.0.1:0", "--health", "", "--termination-log", "",
		"--seed-file", filepath.Join(w.dir, string(which)+".seed"), "--connection", connectionName, "--sync", "1",
		"--lease-ttl", w.order.TTL.String())
	serve.Env = append(os.Environ(), "KNELT_BRIDGE_STORE="+w.order.Redis)
	if p.serve, err = start(ctx, "sidecar of the "+string(which), serve); err != nil {
		return err
	}
	if p.exec, err = start(ctx, string(which), exec.Command(bridge, "exec", "--dir", dir, "--", program)); err != nil {
		return err
	}
	return await(ctx, "the bridge's address", func() bool { s.Addr = listening(p.serve.log.String()); return s.Addr != "" })
}

// listening finds the address in a sidecar's log.
func listening(log string) string {
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening for relays" {
			return entry.Address
		}
	}
	return ""
}

// close ends what has not ended yet.
func (w *world) close() error {
	var err error
	if w.db != nil {
		err = w.db.Close()
	}
	w.kill()
	return err
}

// kill ends all processes but relays.
func (w *world) kill() {
	all := []*proc{w.redis}
	for _, p := range w.pods {
		all = append(all, p.exec, p.serve)
	}
	for _, p := range all {
		if p != nil {
			p.kill()
			<-p.done
		}
	}
}

func await(ctx context.Context, name string, is func() bool) error {
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(end) {
			return fmt.Errorf("%s did not come within %s", name, patience)
		}
	}
	return nil
}

// relay starts a relay of the sync, as a process of its own.
func (w *world) relay(ctx context.Context) (*proc, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(w.order)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, relayArg)
	cmd.Stdin = bytes.NewReader(text)
	return start(ctx, "relay", cmd)
}
