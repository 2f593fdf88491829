package redis

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/storetest"
	"knelt.dev/test/redistest"
)

// TestMain also runs the helper processes of the tests: this same program, told
// by its environment what to play.
func TestMain(m *testing.M) {
	if role := os.Getenv("REDIS_TEST_ROLE"); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

func TestSuite(t *testing.T) {
	runSuite(t, redistest.Start(t).URL())
}

// TestSuiteOnACluster proves that the keys of a script share a slot: a cluster
// refuses a script whose keys do not.
func TestSuiteOnACluster(t *testing.T) {
	runSuite(t, clusterURL(redistest.StartCluster(t)))
}

func clusterURL(c *redistest.Cluster) string {
	return "redis+cluster" + strings.TrimPrefix(c.URL(), "redis")
}

func runSuite(t *testing.T, url string) { runSuiteAs(t, url, url, "test") }

// runSuiteAs runs the suite over stores of one user, and looks at what they
// stored as another. Each test has a prefix of its own on one server.
func runSuiteAs(t *testing.T, url, raw, begin string) {
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		prefix := fmt.Sprintf("%s%d", begin, n.Add(1))
		db := rawClient(t, raw)
		return storetest.Harness{
			Open: func(t testing.TB, history int) store.Store {
				return open(t, url, Options{Prefix: prefix, History: history})
			},
			Pass: time.Sleep,
			Expire: func(t testing.TB, connection string) {
				expire(t, db, keys{prefix}.lease(connection))
			},
			Dump: func(t testing.TB) string { return dump(t, db, prefix) },
		}
	})
}

// expire ends a lease's time at Redis, as the passing of it does.
func expire(t testing.TB, db redis.UniversalClient, key string) {
	t.Helper()
	if err := db.PExpireAt(context.Background(), key, time.UnixMilli(1)).Err(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rawClient is a client without the store, as redis-cli would be.
func rawClient(t testing.TB, url string) redis.UniversalClient {
	t.Helper()
	db, err := client(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// dump writes down every key of a prefix with its value.
func dump(t testing.TB, db redis.UniversalClient, prefix string) string {
	t.Helper()
	var names []string
	var err error
	switch c := db.(type) {
	case *redis.ClusterClient:
		found := make(chan []string, 16)
		err = c.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
			names, err := c.Keys(ctx, prefix+":*").Result()
			found <- names
			return err
		})
		for range len(found) {
			names = append(names, <-found...)
		}
	case *redis.Client:
		names, err = c.Keys(t.Context(), prefix+":*").Result()
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%q %s\n", name, value(t, db, name))
	}
	return b.String()
}

func value(t testing.TB, db redis.UniversalClient, key string) string {
	t.Helper()
	ctx := t.Context()
	kind, err := db.Type(ctx, key).Result()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	switch kind {
	case "hash":
		v, err = db.HGetAll(ctx, key).Result() // fmt prints maps sorted
	case "zset":
		v, err = db.ZRangeWithScores(ctx, key, 0, -1).Result()
	case "set":
		var members []string
		members, err = db.SMembers(ctx, key).Result()
		slices.Sort(members)
		v = members
	case "none": // expired since it was listed
	default:
		t.Fatalf("key %q has the type %s", key, kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", v)
}
