package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// modelHistory is the history of the property test's stores.
const modelHistory = 3

// model is what a store with one connection should hold.
type model struct {
	epoch    int64
	live     bool
	told     string // what LeaseOf tells
	holder   string
	shown    int64
	lastSync int64

	positions  map[airbyte.Descriptor]store.Position
	syncs      map[int64]store.Status
	generation int64
}

func newModel() *model {
	return &model{positions: map[airbyte.Descriptor]store.Position{}, syncs: map[int64]store.Status{}}
}

func (m *model) acquired(holder string) {
	m.epoch, m.live, m.holder, m.shown = m.epoch+1, true, holder, 0
	m.tell(false)
}

func (m *model) ended(handedOver bool) {
	m.live, m.told = false, ""
	if handedOver {
		m.tell(true)
	}
}

func (m *model) tell(handedOver bool) {
	m.told = fmt.Sprintf("%s %d %d %v", m.holder, m.epoch, m.shown, handedOver)
}

func (m *model) saved(p store.Position) {
	for _, old := range m.positions {
		if old.Kind != p.Kind {
			clear(m.positions)
		}
	}
	m.positions[p.Stream] = p
}

func (m *model) began(status store.Status, generation int64) {
	m.lastSync++
	m.generation, m.shown = generation, m.lastSync
	m.tell(false)
	m.savedSync(m.lastSync, status)
}

func (m *model) savedSync(id int64, status store.Status) {
	m.syncs[id] = status
	newest := slices.Sorted(maps.Keys(m.syncs))
	for _, old := range newest[:max(0, len(newest)-modelHistory)] {
		if m.syncs[old] != store.Running {
			delete(m.syncs, old)
		}
	}
}

func (m *model) String() string {
	positions := slices.SortedFunc(maps.Values(m.positions), func(a, b store.Position) int {
		return store.CompareStreams(a.Stream, b.Stream)
	})
	return picture(m.told, positions, m.generation, m.syncs)
}

// readAll reads a store into the same picture.
func readAll(t testing.TB, s store.Store, connection string) string {
	info, is, err := s.LeaseOf(t.Context(), connection)
	ok(t, err)
	told := ""
	if is {
		told = fmt.Sprintf("%s %d %d %v", info.Holder, info.Epoch, info.SyncID, info.HandedOver)
	}
	c, err := s.Checkpoint(t.Context(), connection)
	ok(t, err)
	g, err := s.Generations(t.Context(), connection)
	ok(t, err)
	list, err := s.Syncs(t.Context(), connection, 0, 1000)
	ok(t, err)
	syncs := map[int64]store.Status{}
	for _, r := range list {
		syncs[r.ID] = r.Status
	}
	return picture(told, c.Positions, g[stream("a")], syncs)
}

func picture(told string, positions []store.Position, generation int64, syncs map[int64]store.Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "lease %s\n%sgeneration %d\n", told, show(positions), generation)
	for _, id := range slices.Sorted(maps.Keys(syncs)) {
		fmt.Fprintf(&b, "sync %d %s\n", id, syncs[id])
	}
	return b.String()
}
