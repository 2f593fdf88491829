package site

import (
	"sync"
	"time"

	"knelt.dev/loadtest/kubectl"
)

// functionLabel names the function of a pod; other pods do not have it.
const functionLabel = "serving.knative.dev/service"

// Connector is the group of the pods of connectors.
const Connector = "connector"

// Crowd is the pods of functions and connectors there are, as a watch tells.
type Crowd struct {
	mu    sync.Mutex
	lists int               // how many watches have told what there was
	there map[string]string // groups, by uid
	most  map[string]int
	added map[string]time.Time // by name
}

func newCrowd() *Crowd {
	return &Crowd{there: map[string]string{}, most: map[string]int{}, added: map[string]time.Time{}}
}

// see takes what a watch tells.
func (c *Crowd) see(e kubectl.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	uid := e.Pod.Metadata.UID
	switch e.Type {
	case kubectl.Listed:
		c.lists++
		return
	case "DELETED":
		delete(c.there, uid)
		return
	}
	if _, known := c.there[uid]; known {
		return
	}
	group := groupOf(e.Pod)
	c.there[uid] = group
	c.added[e.Pod.Metadata.Name] = e.At
	c.most[group] = max(c.most[group], c.count(group))
}

func groupOf(p kubectl.Pod) string {
	if function := p.Metadata.Labels[functionLabel]; function != "" {
		return function
	}
	return Connector
}

// Count is how many pods of a group there are: of a function, by the name of its
// Service, or of connectors. Those that end count until they are gone.
func (c *Crowd) Count(group string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count(group)
}

func (c *Crowd) count(group string) int {
	n := 0
	for _, of := range c.there {
		if of == group {
			n++
		}
	}
	return n
}

// listed tells whether so many watches have told what there was before.
func (c *Crowd) listed(watches int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists >= watches
}

// All counts the pods of all groups.
func (c *Crowd) All() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.there)
}

// Most is the most pods of a group that were there at once.
func (c *Crowd) Most(group string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most[group]
}

// forget counts the most anew.
func (c *Crowd) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = map[string]int{}
	for _, group := range c.there {
		c.most[group]++
	}
}

// Added is when a pod was first heard of, by its name.
func (c *Crowd) Added(name string) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.added[name]
	return at, ok
}
