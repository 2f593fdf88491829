package process_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"knelt.dev/pkg/connector/connectortest"
)

// TestMain makes this binary the probe, or the engine that is to be killed, if
// the environment says so.
func TestMain(m *testing.M) {
	if root, set := os.LookupEnv(engineVariable); set {
		engine(root)
		return
	}
	connectortest.Probe()
	goleak.VerifyTestMain(m)
}
