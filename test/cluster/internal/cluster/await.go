package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/progress"
)

// patience is for a machine that compiles something at the same time.
const patience = 5 * time.Minute

// await asks until the answer is no error, or patience has ended.
func await(ctx context.Context, what string, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	first := ask(ctx)
	if first == nil {
		return nil
	}
	last := first
	return progress.During("waiting for "+what, func() error {
		for round := 1; ; round++ {
			if round%100 == 0 {
				progress.Say("%s: %v", what, last)
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s is not ready: %w (logs are in %s): %w", what, ctx.Err(), layout.State, last)
			case <-time.After(300 * time.Millisecond):
			}
			err := ask(ctx)
			if err == nil {
				return nil
			}
			if ctx.Err() == nil {
				last = err
			}
		}
	})
}

func apiServerReady(ctx context.Context) error {
	_, err := get(ctx, "get", "--raw", "/readyz")
	return err
}

func nodeReady(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := get(ctx, "get", "node", name, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
		if err == nil && out != "True" {
			err = fmt.Errorf("node %s says Ready=%s", name, out)
		}
		return err
	}
}

// deploymentsReady asks for all Deployments of namespaces.
func deploymentsReady(namespaces ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, ns := range namespaces {
			out, err := get(ctx, "get", "deployments", "-n", ns, "-o",
				`jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}={.status.observedGeneration}`+
					` {.spec.replicas}={.status.updatedReplicas} {.spec.replicas}={.status.readyReplicas}`+
					` {.spec.replicas}={.status.replicas}{"\n"}{end}`)
			if err != nil {
				return err
			}
			if waits := unready(out); len(waits) > 0 {
				return fmt.Errorf("in namespace %s: %s", ns, strings.Join(waits, ", "))
			}
		}
		return nil
	}
}

// unready reads lines of a name and pairs WANTED=GOT, and names those with a
// pair that differs. What is not there is zero.
func unready(lines string) []string {
	var names []string
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		for _, pair := range words[min(1, len(words)):] {
			wanted, got, _ := strings.Cut(pair, "=")
			if wanted != got && !(wanted == "0" && got == "") {
				names = append(names, words[0])
				break
			}
		}
	}
	return names
}

// once does a step that need not be done again in this cluster, unless its key differs.
func once(ctx context.Context, step, key string, do func(context.Context) error) error {
	hash := sha256.Sum256([]byte(key))
	mark := filepath.Join(layout.State, "done", step+"-"+hex.EncodeToString(hash[:8]))
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := do(ctx); err != nil {
		return err
	}
	return write(mark, "")
}
