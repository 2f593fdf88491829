package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
)

// Status writes what runs, and what is not ready. It fails unless all is.
func Status(ctx context.Context, w io.Writer) error {
	var lacks []string
	var lines strings.Builder
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(what, state string, good bool) {
		lines.WriteString(what + "\t" + state + "\n")
		if !good {
			lacks = append(lacks, what)
		}
	}
	for _, name := range layout.Machines() {
		state := "down"
		if pid := machine.Pid(name); pid != 0 {
			state = fmt.Sprintf("process %d, logs in %s", pid, layout.In(name, "log"))
		}
		say("machine "+name, state, state != "down")
	}
	if machine.Pid(layout.Control) != 0 {
		if err := apiServerReady(ctx); err != nil {
			say("API server", err.Error(), false)
		} else {
			objects(ctx, say)
			say("KUBECONFIG", layout.Kubeconfig, true)
		}
	}
	_, err := io.WriteString(table, lines.String())
	if err == nil {
		err = table.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	if len(lacks) > 0 {
		return errors.New("not ready: " + strings.Join(lacks, ", "))
	}
	return nil
}

// objects asks for all nodes, and for the Deployments of the cluster itself.
func objects(ctx context.Context, say func(what, state string, good bool)) {
	for _, n := range layout.Nodes() {
		report(say, "node "+n.Name, nodeReady(n.Name, time.Time{})(ctx))
	}
	for _, ns := range []string{"kube-system", serving, eventing} {
		report(say, "namespace "+ns, deploymentsReady(ns)(ctx))
	}
}

func report(say func(what, state string, good bool), what string, err error) {
	if err != nil {
		say(what, err.Error(), false)
		return
	}
	say(what, "ready", true)
}
