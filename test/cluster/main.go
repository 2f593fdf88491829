// Cluster builds and runs a real Kubernetes with Knative on one Linux machine,
// in network namespaces without an uplink.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"knelt.dev/test/cluster/internal/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root().ExecuteContext(ctx)
	if err == nil {
		return
	}
	var ended cluster.EndedError
	if errors.As(err, &ended) {
		os.Exit(ended.Code) // it has said why
	}
	fmt.Fprintln(os.Stderr, "cluster:", err)
	os.Exit(1)
}
