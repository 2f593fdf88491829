package redis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

// TestARedisKilledAtAnyMomentKeepsPlansAndTheirTimesTogether: a plan whose time
// is lost is never looked at again.
func TestARedisKilledAtAnyMomentKeepsPlansAndTheirTimesTogether(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := open(t, server.URL(), Options{})
	acknowledged := map[string]int64{}
	for range 6 {
		var killed atomic.Bool
		time.AfterFunc(time.Duration(1+random.IntN(30))*time.Millisecond, func() {
			server.Kill()
			killed.Store(true)
		})
		for n := 0; ; n++ {
			p := store.Plan{Connection: fmt.Sprint("orders-", n%50), Version: acknowledged[fmt.Sprint("orders-", n%50)]}
			p.Next = time.UnixMilli(1 + p.Version)
			kept, err := s.SavePlan(t.Context(), p)
			if err != nil {
				if !errors.Is(err, store.ErrUnavailable) {
					t.Fatal(err)
				}
				break
			}
			acknowledged[p.Connection] = kept.Version
		}
		for !killed.Load() {
			time.Sleep(time.Millisecond)
		}
		server.Restart(t)
		await(t, s)
		plans, _, err := s.Plans(t.Context(), "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plans {
			if p.Version < acknowledged[p.Connection] || p.Next.UnixMilli() != p.Version {
				t.Errorf("%s has version %d and is due at %d, acknowledged was %d", p.Connection, p.Version, p.Next.UnixMilli(), acknowledged[p.Connection])
			}
			acknowledged[p.Connection] = p.Version
			due, err := s.DuePlans(t.Context(), p.Next, 1000)
			early, err2 := s.DuePlans(t.Context(), p.Next.Add(-time.Millisecond), 1000)
			if !has(due, p.Connection) || has(early, p.Connection) || errors.Join(err, err2) != nil {
				t.Errorf("%s is not due at its time (errors %v, %v)", p.Connection, err, err2)
			}
		}
		if len(plans) < len(acknowledged) {
			t.Fatalf("%d plans are left of %d", len(plans), len(acknowledged))
		}
	}
	if len(acknowledged) < 10 {
		t.Errorf("only %d plans: Redis was killed too early to prove anything", len(acknowledged))
	}
}

func has(list []store.Plan, connection string) bool {
	for _, p := range list {
		if p.Connection == connection {
			return true
		}
	}
	return false
}

func TestPlansOfAShardShareATag(t *testing.T) {
	for n := range shards {
		all := keys{"knelt"}.plans(n)
		for _, key := range all {
			if tag(key) != fmt.Sprint(n) {
				t.Errorf("%s has the tag %q", key, tag(key))
			}
		}
	}
}
