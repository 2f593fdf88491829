package main

import (
	"context"
	"encoding/json"
	"os"
)

// experiment measures something else than whole syncs by the engine. It asks for
// by name alone.
type experiment struct {
	name, about string
	run         func(ctx context.Context, o options) (*table, error)
}

var experiments = []experiment{
	{"bridge", "1 KB records from a source to a destination that discards them", bridgeScenario(1000)},
	{"bridge10k", "10 KB records from a source to a destination that discards them", bridgeScenario(10_000)},
	{"succession", "killed relays are succeeded", runSuccession},
	{"detach", "relays leave a running stream to others", runDetach},
	{"footprint", "what a bridge takes", runFootprint},
	{"tick", "the scheduler asks for what is due", runTick},
	{"burst", "connections that are all due in the same moment, on Knative", onCluster(runBurst)},
	{"storm", "the same few syncs, asked for many times over in disorder", onCluster(runStorm)},
	{"answers", "check and discover at a fixed rate", onCluster(runAnswers)},
	{"throughput", "syncs on the cluster beside the same by the engine on this machine", onCluster(runThroughput)},
	{"idle", "an installation after five minutes without work", onCluster(runIdle)},
	{"ticked", "an installation after five minutes without work, with a tick each minute", onCluster(runTicked)},
}

// do runs an experiment, prints its table and keeps it.
func (e experiment) do(ctx context.Context, o options) error {
	t, err := e.run(ctx, o)
	if err != nil {
		return err
	}
	t.Name, t.About, t.Machine = e.name, e.about, machine()
	if o.json {
		err = json.NewEncoder(os.Stdout).Encode(t)
	} else {
		t.print(os.Stdout)
	}
	if err == nil && o.out != "" {
		err = t.keep(o.out)
	}
	return err
}
