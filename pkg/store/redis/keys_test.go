package redis

import (
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/test/redistest"
)

// tag is the part of a key that picks the slot, by the rule of Redis Cluster.
func tag(key string) string {
	_, rest, _ := strings.Cut(key, "{")
	inner, _, closed := strings.Cut(rest, "}")
	if !closed || inner == "" {
		return key
	}
	return inner
}

func TestKeysOfAConnectionShareATag(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a", "{a}", "}", "{", "{}", "a}b", "a{b", "%7B", "%", "ä ö"} {
		all := keys{"knelt"}.ofConnection(name)
		for _, key := range all {
			if tag(key) != tag(all[0]) {
				t.Errorf("%q: %s and %s have the tags %q and %q", name, key, all[0], tag(key), tag(all[0]))
			}
		}
		if other, ok := seen[tag(all[0])]; ok {
			t.Errorf("%q and %q share a tag", name, other)
		}
		seen[tag(all[0])] = name
	}
}

func TestAStreamFieldIsNoKind(t *testing.T) {
	for _, d := range []airbyte.Descriptor{{Name: "GLOBAL"}, {Name: "LEGACY"}, {Namespace: "a", Name: `","b`}, {Namespace: `a","`, Name: "b"}} {
		field := streamField(d)
		back, err := parseStreamField(field)
		if err != nil || back != d || field == fieldGlobal || field == fieldLegacy {
			t.Errorf("%+v became %q and %+v (error %v)", d, field, back, err)
		}
	}
}

func TestTheLeaseKeyGoesAndTheEpochStays(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), Options{})
	db := rawClient(t, server.URL())
	acquire(t, s, "one")
	ttl, err := db.PTTL(t.Context(), "knelt:lease:{shop}").Result()
	if err != nil || ttl <= 0 || ttl > time.Hour {
		t.Errorf("the lease's key lives for %s (error %v), want at most an hour", ttl, err)
	}
	ttl, err = db.TTL(t.Context(), "knelt:connection:{shop}").Result()
	if err != nil || ttl != -1 {
		t.Errorf("the epoch's key has the TTL %s (error %v), want none", ttl, err)
	}
	if err := db.Del(t.Context(), "knelt:lease:{shop}").Err(); err != nil {
		t.Fatal(err)
	}
	if l := acquire(t, s, "two"); l.Epoch() != 2 {
		t.Errorf("after the lease's key was deleted the epoch is %d, want 2", l.Epoch())
	}
}

func TestANameInTheIndexAloneIsNotListed(t *testing.T) {
	s := open(t, redistest.Start(t).URL(), Options{})
	acquire(t, s, "one")
	if err := s.db.SAdd(t.Context(), s.keys.index(), "crashed before its first lease").Err(); err != nil {
		t.Fatal(err)
	}
	names, err := s.Connections(t.Context())
	if err != nil || len(names) != 1 || names[0] != connection {
		t.Errorf("connections %q (error %v)", names, err)
	}
}
