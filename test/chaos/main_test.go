package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"knelt.dev/test/e2e"
)

// bin is the folder of the built programs.
var bin string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "knelt-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a test's leftovers
	if bin, err = e2e.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// soaking tells that the loops shall have their full length.
func soaking() bool { return os.Getenv("KNELT_SOAK") != "" }

// seedOf gives the seed of a test and prints it.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("KNELT_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("KNELT_SEED: %v", err)
		}
	}
	t.Logf("seed: KNELT_SEED=%d", seed)
	return seed
}

func randomOf(seed, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, n))
}
