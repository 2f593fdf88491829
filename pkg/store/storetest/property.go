package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

var propertyTests = map[string]func(*testing.T, Harness){
	"NoOlderEpochEverWrites": noOlderEpoch,
}

// noOlderEpoch plays random interleavings of holders, expiries and zombies on
// the store and on a model of a few lines, and compares all that can be read
// after every step.
func noOlderEpoch(t *testing.T, h Harness) {
	handles := []store.Store{h.Open(t, 3), h.Open(t, 3)}
	var runs atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: t, h: h, handles: handles, connection: fmt.Sprintf("run %d", runs.Add(1)), model: newModel()}
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": m.acquire, "renew": m.renew, "release": m.release, "handOver": m.handOver, "expire": m.expire,
			"save": m.save, "clear": m.clear, "begin": m.begin, "saveSync": m.saveSync, "": m.compare,
		})
	})
}

// machine holds every lease ever given: all but the last are zombies.
type machine struct {
	t          *testing.T
	h          Harness
	handles    []store.Store
	connection string
	leases     []store.Lease
	model      *model
	step       int
}

func (m *machine) acquire(t *rapid.T) {
	holder := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "holder")
	s := rapid.SampledFrom(m.handles).Draw(t, "handle")
	l, err := s.Acquire(m.t.Context(), m.connection, holder, hour)
	if m.model.live {
		var held *store.HeldError
		if !errors.As(err, &held) || held.Info.Epoch != m.model.epoch {
			t.Fatalf("acquired over the living epoch %d: %v", m.model.epoch, err)
		}
		return
	}
	if err != nil || l.Epoch() != m.model.epoch+1 {
		t.Fatalf("the lease after epoch %d: %v", m.model.epoch, err)
	}
	m.model.acquired(holder)
	m.leases = append(m.leases, l)
}

// write tries a write with any lease ever given and tells whether it counted,
// which is to be exactly when the lease is the living one.
func (m *machine) write(t *rapid.T, f func(l store.Lease) error) bool {
	if len(m.leases) == 0 {
		t.Skip("nobody has ever held the lease")
	}
	// Half the tries are by the latest, else it would seldom get to write.
	l := m.leases[len(m.leases)-1]
	if rapid.Bool().Draw(t, "anyone") {
		l = rapid.SampledFrom(m.leases).Draw(t, "lease")
	}
	err := f(l)
	if l.Epoch() == m.model.epoch && m.model.live {
		if err != nil {
			t.Fatalf("the holder of epoch %d: %v", l.Epoch(), err)
		}
		return true
	}
	if !errors.Is(err, store.ErrFenced) {
		t.Fatalf("a zombie of epoch %d under epoch %d: error %v, want ErrFenced", l.Epoch(), m.model.epoch, err)
	}
	return false
}

func (m *machine) renew(t *rapid.T) {
	m.write(t, func(l store.Lease) error { return l.Renew(m.t.Context(), hour) })
}

func (m *machine) release(t *rapid.T) {
	if m.write(t, func(l store.Lease) error { return l.Release(m.t.Context()) }) {
		m.model.ended(false)
	}
}

func (m *machine) handOver(t *rapid.T) {
	if m.write(t, func(l store.Lease) error { return l.HandOver(m.t.Context(), hour) }) {
		m.model.ended(true)
	}
}

func (m *machine) expire(*rapid.T) {
	m.h.Expire(m.t, m.connection)
	m.model.ended(false)
}

func (m *machine) save(t *rapid.T) {
	m.step++
	p := rapid.SampledFrom([]store.Position{
		position("a", fmt.Sprint(m.step)), position("b", fmt.Sprint(m.step)), position("c", fmt.Sprint(m.step)),
		legacy(fmt.Sprint(m.step)),
	}).Draw(t, "position")
	if m.write(t, func(l store.Lease) error { return l.SaveCheckpoint(m.t.Context(), []store.Position{p}) }) {
		m.model.saved(p)
	}
}

func (m *machine) clear(t *rapid.T) {
	if m.write(t, func(l store.Lease) error { return l.ClearCheckpoint(m.t.Context(), nil) }) {
		m.model.positions = map[airbyte.Descriptor]store.Position{}
	}
}

func (m *machine) begin(t *rapid.T) {
	m.step++
	status := rapid.SampledFrom([]store.Status{store.Running, store.Failed}).Draw(t, "status")
	b := store.Begin{
		Sync:        store.SyncRecord{Status: status},
		Generations: map[airbyte.Descriptor]int64{stream("a"): int64(m.step)},
	}
	if m.write(t, func(l store.Lease) error { _, err := l.Begin(m.t.Context(), b); return err }) {
		m.model.began(status, int64(m.step))
	}
}

func (m *machine) saveSync(t *rapid.T) {
	if m.model.lastSync == 0 || m.model.syncs[m.model.lastSync] == "" {
		t.Skip("there is no sync")
	}
	r := store.SyncRecord{ID: m.model.lastSync, Status: store.Succeeded}
	if m.write(t, func(l store.Lease) error { return l.SaveSync(m.t.Context(), r) }) {
		m.model.savedSync(r.ID, r.Status)
	}
}

// compare reads everything, by the handle that did not write last.
func (m *machine) compare(t *rapid.T) {
	s := m.handles[m.step%len(m.handles)]
	if got, want := readAll(m.t, s, m.connection), m.model.String(); got != want {
		t.Fatalf("stored is\n%s\nthe model has\n%s", got, want)
	}
}
