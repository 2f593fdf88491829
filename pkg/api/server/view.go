package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
)

// view is all rows, made of documents and plans, so that lists, searches and
// counts over ten thousand connections need not read ten thousand records. What
// runs, or has just changed, is read from its record; all others in turn, so that
// syncs of which the scheduler knows nothing are seen too.
type view struct {
	server *Server
	behind sync.WaitGroup

	mu    sync.Mutex
	rows  []api.Connection // sorted; never changed once they are here
	made  time.Time
	turn  int
	plans map[string]Plan
	// making is closed when the making under way is over.
	making chan struct{}
	// news counts what is known to have changed.
	news int
	// took is how long making it took.
	took time.Duration
	err  error
}

const (
	// fresh is how old the view may be.
	fresh = time.Second
	// stale is how old it may be while a new one is being made. Nobody waits for
	// it then, unless it was made within patience the last time.
	stale    = 15 * time.Second
	patience = 50 * time.Millisecond
	// turnSize is how many rows are read from their records in turn, each time.
	turnSize = 200
	planPage = 1000
	// makeWithin is how long making it may take.
	makeWithin = time.Minute
)

// get gives the rows, which are not to be changed.
func (v *view) get(ctx context.Context) ([]api.Connection, error) {
	v.mu.Lock()
	age := v.server.now().Sub(v.made)
	if v.rows != nil && age < fresh {
		defer v.mu.Unlock()
		return v.rows, nil
	}
	if v.making == nil {
		v.making = make(chan struct{})
		v.behind.Go(func() { v.make(context.WithoutCancel(ctx), v.making) })
	}
	if v.rows != nil && age < stale && v.took > patience {
		defer v.mu.Unlock()
		return v.rows, nil
	}
	making, rows := v.making, v.rows
	v.mu.Unlock()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	if rows == nil || age >= stale {
		wait.Stop()
	}
	select {
	case <-making:
	case <-wait.C:
		return rows, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rows != nil {
		return v.rows, nil // of before, if making them has failed just now
	}
	return nil, v.err
}

// old has the next who asks wait for a new view.
func (v *view) old() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.news++
	v.made = time.Time{}
}

// make makes the rows anew. If that fails the old ones stay until they are stale.
func (v *view) make(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, makeWithin)
	defer cancel()
	v.mu.Lock()
	m := making{server: v.server, rows: v.rows, plans: v.plans, turn: v.turn}
	news := v.news
	v.mu.Unlock()
	began := time.Now()
	rows, plans, err := m.read(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.making, v.err, v.took = nil, err, time.Since(began)
	if err == nil {
		v.rows, v.plans = rows, plans
		v.turn += turnSize
		if v.news == news {
			v.made = v.server.now()
		}
	} else if v.server.now().Sub(v.made) >= stale {
		v.rows = nil
	}
	close(done)
}

// making is one making of the view: what was before, and whose turn it is.
type making struct {
	server *Server
	rows   []api.Connection
	plans  map[string]Plan
	turn   int
}

func (m *making) read(ctx context.Context) ([]api.Connection, map[string]Plan, error) {
	docs, err := m.server.Documents.Connections(ctx)
	if err != nil {
		return nil, nil, err
	}
	plans, err := m.allPlans(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows := make([]api.Connection, 0, len(docs))
	for _, d := range docs {
		rows = append(rows, rowOf(d, plans[d.Metadata.Key()]))
	}
	slices.SortFunc(rows, compareRows)
	for i := range rows {
		if err := m.update(ctx, i, rows, plans); err != nil {
			return nil, nil, err
		}
	}
	return rows, plans, nil
}

// update reads a row's record where it may say more than the plan, and takes
// what the row before said otherwise.
func (m *making) update(ctx context.Context, i int, rows []api.Connection, plans map[string]Plan) error {
	row := &rows[i]
	key := keyOf(*row)
	before := m.find(row.Namespace, row.Name)
	inTurn := (i-m.turn%len(rows)+len(rows))%len(rows) < turnSize
	if before == nil || before.Running != nil || inTurn || changed(m.plans[key], plans[key]) {
		if before != nil || inTurn || plans[key].Asked.After(endOf(plans[key])) {
			return m.server.live(ctx, row)
		}
		return nil
	}
	if before.Last != nil && (row.Last == nil || before.Last.ID >= row.Last.ID) {
		row.Last, row.Status = before.Last, before.Status
	}
	if row.Problem == "" {
		row.Problem = before.Problem
	}
	return nil
}

// changed tells that a plan tells of a sync that the one before did not know.
func changed(before, now Plan) bool {
	return !before.Asked.Equal(now.Asked) || !endOf(before).Equal(endOf(now))
}

func endOf(p Plan) time.Time {
	if p.Last == nil {
		return time.Time{}
	}
	return p.Last.Ended
}

func (m *making) allPlans(ctx context.Context) (map[string]Plan, error) {
	all := map[string]Plan{}
	for after := ""; ; {
		page, next, err := m.server.Plans.Plans(ctx, after, planPage)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			all[p.Connection] = p
		}
		if next == "" {
			return all, nil
		}
		after = next
	}
}

// find finds a row of the view before; nil if there is none.
func (m *making) find(namespace, name string) *api.Connection {
	i, ok := slices.BinarySearchFunc(m.rows, api.Connection{Namespace: namespace, Name: name}, compareRows)
	if !ok {
		return nil
	}
	return &m.rows[i]
}

// put puts one row in its place at once, after an action of a user.
func (v *view) put(row api.Connection) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i, ok := slices.BinarySearchFunc(v.rows, row, compareRows)
	if !ok {
		return
	}
	v.rows = slices.Clone(v.rows)
	v.rows[i] = row
}

func compareRows(a, b api.Connection) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

func keyOf(c api.Connection) string { return events.Ref{Namespace: c.Namespace, Name: c.Name}.String() }
