// Package fakeapi answers as the API does, with made-up connections: any
// number of them, in every state there is. The dashboard is looked at and
// tested against it. What it changes, it changes at once and tells whoever
// follows; nothing is really synced.
package fakeapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

// World is what the API tells of. Its fields are set before it serves; what
// changes meanwhile has methods.
type World struct {
	// Token that is asked for; empty: none. Scopes are what it allows.
	Token  string
	Scopes []string
	// SyncTime is how long a sync that is asked for runs, unless Finish ends it.
	SyncTime time.Duration

	start time.Time

	mu          sync.Mutex
	connections []*Connection
	started     map[string]*Sync
	states      map[string]json.RawMessage
	trouble     map[string]trouble
	posts       []string
	keys        []string
	followers   map[chan Connection]bool
}

// trouble is what happens to requests of a path instead of an answer.
type trouble struct {
	err    error
	held   <-chan struct{}
	answer any
}

// New makes a world of so many connections, at least those that Cast names
// unless there are none at all. The same number gives the same world, but for
// its times.
func New(connections int) *World {
	w := &World{
		Scopes: []string{"read", "run", "admin"}, SyncTime: 3 * time.Second, start: time.Now().UTC().Truncate(time.Second),
		started: map[string]*Sync{}, states: map[string]json.RawMessage{}, trouble: map[string]trouble{}, followers: map[chan Connection]bool{},
	}
	if connections > 0 {
		w.connections = append(w.cast(), w.crowd(connections-len(Cast))...)
	}
	slices.SortFunc(w.connections, func(a, b *Connection) int { return strings.Compare(key(a), key(b)) })
	return w
}

// SetToken changes the token that is asked for.
func (w *World) SetToken(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Token = token
}

// Fail has requests of a path (below /api/v1/) fail, until err is nil.
func (w *World) Fail(path string, err error) { w.set(path, trouble{err: err}) }

// Hold has requests of paths wait until they are let go.
func (w *World) Hold(paths ...string) (letGo func()) {
	held := make(chan struct{})
	for _, path := range paths {
		w.set(path, trouble{held: held})
	}
	return func() { close(held) }
}

// Answer has requests of a path be answered with a value, whatever it is: JSON,
// or a []byte as it is.
func (w *World) Answer(path string, value any) { w.set(path, trouble{answer: value}) }

func (w *World) set(path string, t trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble[path] = t
}

func (w *World) troubleOf(path string) trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble[path]
}

// Posts are what was posted or put so far, "PATH BODY" each.
func (w *World) Posts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts)
}

// Followers are how many follow the rows that change.
func (w *World) Followers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.followers)
}

// Keys are the Idempotency-Keys of all posts so far, also of those that failed.
func (w *World) Keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.keys)
}

// Change changes a connection, as something that happens does, and tells of it.
func (w *World) Change(namespace, name string, change func(*Connection)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(namespace, name); c != nil {
		change(c)
		w.tell(c)
	}
}

// tell sends a row to all who follow; one that is slow misses it, as is allowed.
func (w *World) tell(c *Connection) {
	for f := range w.followers {
		select {
		case f <- *c:
		default:
		}
	}
}

func (w *World) find(namespace, name string) *Connection {
	if namespace == "-" {
		namespace = ""
	}
	for _, c := range w.connections {
		if c.Namespace == namespace && c.Name == name {
			return c
		}
	}
	return nil
}

func key(c *Connection) string { return c.Namespace + "/" + c.Name }

// Function is the API as a function of the host.
func (w *World) Function() host.Function { return host.Function{Name: "fakeapi", Routes: w.routes()} }

// run begins a sync that ends by itself after SyncTime. The lock is held.
func (w *World) run(c *Connection, s Sync) {
	started := time.Now().UTC()
	s.ID, s.Status, s.Kind, s.Reason, s.Started, s.AttemptCount = lastID(c)+1, api.Running, cmp.Or(s.Kind, api.KindSync), "manual", started, 1
	s.Attempts = []Attempt{{Number: 1, Epoch: s.ID + 3, Status: api.Running, Started: started}}
	c.Status, c.Running = api.Running, &Running{ID: s.ID, Attempt: 1, Started: started}
	w.started[key(c)] = &s
	w.tell(c)
	time.AfterFunc(w.SyncTime, func() { w.end(c, api.Succeeded) })
}

// Finish ends what runs of a connection: it has succeeded.
func (w *World) Finish(namespace, name string) {
	w.mu.Lock()
	c := w.find(namespace, name)
	w.mu.Unlock()
	w.end(c, api.Succeeded)
}

// end ends what runs.
func (w *World) end(c *Connection, status api.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Running == nil {
		return
	}
	s := w.running(c)
	a := &s.Attempts[len(s.Attempts)-1]
	s.Status, s.Ended, a.Status, a.Ended = status, time.Now().UTC(), status, time.Now().UTC()
	a.Ledger = ledgerOf(c, s.ID, status)
	if s.Kind == api.KindReset {
		a.Ledger = emptied(c, s.Refresh)
		if err := w.forget(c, s.Refresh); err != nil {
			panic(err) // what was put was read before
		}
	}
	s.Records, s.Bytes = a.Ledger.Total.Relayed, a.Ledger.Total.Bytes
	if status != api.Succeeded {
		s.Reasons, a.Reasons = a.Ledger.Reasons, a.Ledger.Reasons
	}
	c.Status, c.Running = status, nil
	c.Last = &Last{ID: s.ID, Status: status, Started: s.Started, Ended: s.Ended, Records: s.Records, Bytes: s.Bytes, Reasons: s.Reasons}
	w.tell(c)
}

// running is the sync that runs: one that was asked for, or one that ran when
// the world began. The lock is held.
func (w *World) running(c *Connection) *Sync {
	if w.started[key(c)] == nil {
		s := w.syncOf(c, c.Running.ID)
		w.started[key(c)] = &s
	}
	return w.started[key(c)]
}

func lastID(c *Connection) int64 {
	var id int64
	if c.Last != nil {
		id = c.Last.ID
	}
	if c.Running != nil {
		id = max(id, c.Running.ID)
	}
	return id
}
