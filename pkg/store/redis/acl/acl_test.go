package acl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	. "knelt.dev/pkg/store/redis/acl"
	"knelt.dev/test/redistest"
)

// TestTheDocsTellTheSameRules: the tests of package redis make the users as the
// docs tell, and run the store's suite as one of them.
func TestTheDocsTellTheSameRules(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []User{Engine, Bridge} {
		line := "ACL SETUSER " + u.Name + " on >PASSWORD " + strings.Join(u.Rules(), " ") + "\n"
		if !strings.Contains(string(docs), line) {
			t.Errorf("docs/store.md does not have the line\n%s", line)
		}
	}
}

func TestARedisWithTheFileLetsOnlyItsUsersIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(file, []byte(File("p1", "p2")), 0o600); err != nil {
		t.Fatal(err)
	}
	server := redistest.Start(t, "--aclfile", file)
	for _, c := range []struct {
		user string
		in   bool
	}{
		{"engine:p1@", true},
		{"bridge:p2@", true},
		{"engine:p2@", false},
		{"bridge:p1@", false},
		{"", false},
		{":p1@", false},
	} {
		s, err := redis.Open(t.Context(), "redis://"+c.user+server.Addr, redis.Options{})
		if c.in != (err == nil) {
			t.Errorf("%q: error %v", c.user, err)
		}
		if err == nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestARedisWithTheFileKeepsWhatItPromised: it reads its own log as the default
// user, and leaves out what that one may not.
func TestARedisWithTheFileKeepsWhatItPromised(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(file, []byte(File("p1", "p2")), 0o600); err != nil {
		t.Fatal(err)
	}
	server := redistest.Start(t, "--aclfile", file, "--appendonly", "yes", "--appendfsync", "always")
	s, err := redis.Open(t.Context(), "redis://engine:p1@"+server.Addr, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // of a test
	lease, err := s.Acquire(t.Context(), "shop", "one", time.Hour)
	if err == nil {
		err = lease.SaveCheckpoint(t.Context(), []store.Position{{Kind: airbyte.LegacyState, State: []byte(`{"at":1}`)}})
	}
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	server.Restart(t)
	if err := lease.Renew(t.Context(), time.Hour); err != nil {
		t.Error(err)
	}
	if c, err := s.Checkpoint(t.Context(), "shop"); err != nil || len(c.Positions) != 1 {
		t.Errorf("the checkpoint is %+v, %v", c, err)
	}
}

// TestNoPasswordIsInTheFile: what lies on the server's volume opens nothing.
func TestNoPasswordIsInTheFile(t *testing.T) {
	if f := File("hunter2", "hunter3"); strings.Contains(f, "hunter") || strings.Count(f, "\n") != 3 {
		t.Errorf("the file is\n%s", f)
	}
}
