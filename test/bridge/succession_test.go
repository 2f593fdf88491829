//go:build linux

package bridge

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// soak tells that there is time for the great numbers.
func soak() bool { return os.Getenv("KNELT_SOAK") != "" }

// TestKilledRelaysAreSucceeded over and over in one sync: the connectors notice
// nothing.
func TestKilledRelaysAreSucceeded(t *testing.T) {
	users, kills := 60_000, 20
	if soak() {
		users, kills = 3_333_300, 500
	}
	rate := float64(3*users) / (float64(kills) * 1.0)
	w := newWorld(t, time.Second, users, rate)
	w.succession(int64(users), kills, syscall.SIGKILL)
}

// TestDetachedRelaysAreSucceeded at once, as their lease is handed over.
func TestDetachedRelaysAreSucceeded(t *testing.T) {
	users, times := 30_000, 20
	if soak() {
		users, times = 300_000, 200
	}
	w := newWorld(t, time.Second, users, float64(3*users)/(float64(times)*0.3))
	w.succession(int64(users), times, syscall.SIGTERM)
}

// succession ends each relay with a signal, once it has brought some bytes.
func (w *world) succession(users int64, times int, s syscall.Signal) {
	w.t.Helper()
	began, ended, longest := time.Now(), 0, time.Duration(0)
	for {
		relay, before := w.relay(), w.got()
		w.until("bytes of a new relay", func() bool { return relay.done() || w.got() > before })
		if ended < times {
			time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			w.signal(relay, s)
		}
		w.until("the relay's end", relay.done)
		if text := relay.out.String(); text != "" {
			said := w.told(relay)
			if said.Error != "" {
				w.t.Fatalf("relay %d: %s", ended, said.Error)
			}
			longest = max(longest, said.Detaching)
			if !said.Ledger.Detached {
				w.whole(said.Ledger, users)
				break
			}
		}
		ended++
	}
	w.t.Logf("%d relays were ended (%s), %d bytes in %s; the slowest detached in %s", ended, s, w.got(), time.Since(began), longest)
	if ended < times {
		w.t.Errorf("only %d relays were ended", ended)
	}
}

// TestAFrozenRelayIsSucceededAndHarmlessWhenItThaws: for that time there are two
// relays, of which one does not know.
func TestAFrozenRelayIsSucceededAndHarmlessWhenItThaws(t *testing.T) {
	frozen, users := 3*time.Second, 20_000
	if soak() {
		frozen, users = 30*time.Second, 100_000
	}
	w := newWorld(t, time.Second, users, float64(3*users)/(1.4*frozen.Seconds())) // it goes on for a while behind the thaw
	first := w.relay()
	w.until("the first bytes", func() bool { return w.got() > 0 })
	w.signal(first, syscall.SIGSTOP)
	time.AfterFunc(frozen, func() { _ = first.cmd.Process.Signal(syscall.SIGCONT) })
	second := w.told(w.relay())
	if second.Error != "" {
		t.Fatal(second.Error)
	}
	w.whole(second.Ledger, int64(users))
	said := w.told(first)
	if said.Ledger.Outcome != store.Failed || said.Ledger.Detached {
		t.Errorf("the zombie says %s %q %s", said.Ledger.Outcome, said.Ledger.Reasons, said.Error)
	}
}

// TestAConnectorWithoutALeaseIsGone: nobody succeeds a killed relay.
func TestAConnectorWithoutALeaseIsGone(t *testing.T) {
	w := newWorld(t, 300*time.Millisecond, 1_000_000, 1000)
	relay := w.relay()
	w.until("the first bytes", func() bool { return w.got() > 0 })
	pids := []int{w.pid("source"), w.pid("destination")}
	w.signal(relay, syscall.SIGKILL)
	for _, pid := range pids {
		w.gone(pid)
	}
	for _, p := range w.pods {
		w.until("the sidecar's end", p.serve.done)
		w.until("the launcher's end", p.exec.done)
	}
}

// TestAKilledBridgeFailsTheSyncWithItsReason, and the next run goes on from the
// checkpoint: all rows arrive, and of those that did before only the last few
// come again.
func TestAKilledBridgeFailsTheSyncWithItsReason(t *testing.T) {
	for _, which := range []string{"source", "destination"} {
		t.Run(which, func(t *testing.T) {
			const users = 20_000
			w := newWorld(t, 2*time.Second, users, users)
			relay := w.relay()
			w.until("a checkpoint", func() bool {
				c, err := w.store.Checkpoint(t.Context(), connectionName)
				return err == nil && len(c.Positions) > 0
			})
			w.signal(w.pods[which].serve, syscall.SIGKILL)
			said := w.told(relay)
			if l := said.Ledger; l.Outcome != store.Failed || len(l.Reasons) == 0 || !strings.HasPrefix(l.Reasons[0], "the "+which+" was lost: the connector's pod at ") {
				t.Errorf("%s %q %s", l.Outcome, l.Reasons, said.Error)
			}
			before := w.ids()
			c, err := w.store.Checkpoint(t.Context(), connectionName)
			if err != nil {
				t.Fatal(err)
			}
			w.resumeFrom(c)
			if said := w.told(w.relay()); said.Ledger.Outcome != store.Succeeded {
				t.Errorf("the next run: %s %q %s", said.Ledger.Outcome, said.Ledger.Reasons, said.Error)
			}
			after, again := w.ids(), 0
			for id := range after {
				if before[id] {
					again++
				}
			}
			if len(before)+len(after)-again != users || again == len(before) {
				t.Errorf("%d users came before, %d after, %d of them again; there are %d", len(before), len(after), again, users)
			}
		})
	}
}

// resumeFrom starts new pods for a run that goes on from a checkpoint.
func (w *world) resumeFrom(c store.Checkpoint) {
	w.t.Helper()
	var states []json.RawMessage
	for _, p := range c.Positions {
		states = append(states, p.State)
	}
	var err error
	if w.order.Source.Invocation.State, err = airbyte.StateFile(states, airbyte.StreamState); err != nil {
		w.t.Fatal(err)
	}
	w.newPods("2")
}
