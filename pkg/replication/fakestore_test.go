package replication_test

import (
	"context"
	"sync"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// memory is a Checkpointer that remembers.
type memory struct {
	mu        sync.Mutex
	positions map[airbyte.Descriptor]string
	history   []string
	calls     int
	// fail, if set, is asked at each write, with how many came before.
	fail func(calls int) error
	// slow, if set, is waited for at each write.
	slow <-chan struct{}
}

func newMemory() *memory { return &memory{positions: map[airbyte.Descriptor]string{}} }

func (m *memory) SaveCheckpoint(ctx context.Context, ps []store.Position) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, p := range ps {
		m.positions[p.Stream] = string(p.State)
		m.history = append(m.history, string(p.State))
	}
	return nil
}

func (m *memory) ClearCheckpoint(ctx context.Context, ds []airbyte.Descriptor) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, d := range ds {
		delete(m.positions, d)
		m.history = append(m.history, "cleared "+d.String())
	}
	return nil
}

// begin locks unless it fails.
func (m *memory) begin(ctx context.Context) error {
	if m.slow != nil {
		select {
		case <-m.slow:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	m.calls++
	if m.fail == nil {
		return nil
	}
	err := m.fail(m.calls - 1)
	if err != nil {
		m.mu.Unlock()
	}
	return err
}

func (m *memory) of(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.positions[airbyte.Descriptor{Name: name}]
}

func (m *memory) called() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}
