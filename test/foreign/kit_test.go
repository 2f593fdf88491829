package foreign

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// kitSecret must not be seen anywhere.
const kitSecret = "tok-5up3r-never-to-be-seen"

func TestKitSourceFillsALakeAndGoesOnFromItsState(t *testing.T) {
	s := newStory(t, kit(object{"count": 250, "token": kitSecret}), lake("lake.db"))
	database := filepath.Join(s.dir, "lake.db")
	first := s.sync(store.Succeeded)
	if first.Ledger.Total.Relayed != 253 {
		t.Errorf("%d records were relayed, not 250 numbers and 3 colours", first.Ledger.Total.Relayed)
	}
	for table, want := range map[string]int{"numbers": 250, "colours": 3} {
		if n, _ := rows(t, database, table); n != want {
			t.Errorf("%d rows of %s, not %d", n, table, want)
		}
	}
	s.source.Config["count"] = 400
	second := s.sync(store.Succeeded)
	if got := second.Ledger.Streams[0].Relayed; got != 150 {
		t.Errorf("%d numbers were relayed, not the 150 new ones", got)
	}
	if n, ids := rows(t, database, "numbers"); n != 400 || ids != 400 {
		t.Errorf("%d rows of %d ids, not 400", n, ids)
	}
	if n, _ := rows(t, database, "colours"); n != 3 {
		t.Errorf("%d rows of colours: a full refresh replaces", n)
	}
	hidden(t, filepath.Join(s.dir, "home"), kitSecret)
}

// hidden sees that no file below dir holds a secret.
func hidden(t *testing.T, dir, secret string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}

func TestSiblingsOfAStateReachTheDestinationByteForByte(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	s := newStory(t, kit(object{"count": 250}).through("listen.sh", from), ours("destination-discard", object{}).through("listen.sh", to))
	s.sync(store.Succeeded)
	sent, arrived := read(t, from, "stdout"), read(t, to, "stdin")
	if a, b := ofType(sent, airbyte.Record), ofType(arrived, airbyte.Record); strings.Join(a, "\n") != strings.Join(b, "\n") || len(a) != 253 {
		t.Errorf("%d records were sent, %d arrived, or not the same bytes", len(a), len(b))
	}
	siblings := sameStates(t, ofType(sent, airbyte.State), ofType(arrived, airbyte.State))
	for _, key := range []string{"sourceIdentity", "redactedConfig", "sourceStatus", "streamStatus", "logs"} {
		if !strings.Contains(siblings, `"`+key+`":`) {
			t.Errorf("the kit sent no %s beside a state: it is not the kit this test is for", key)
		}
	}
}

// sameStates sees that states arrived as they were sent: everything beside
// "state" is the same bytes, and within it only members were added. It gives what
// stood beside the states.
func sameStates(t *testing.T, sent, arrived []string) (siblings string) {
	t.Helper()
	if len(sent) != len(arrived) || len(sent) == 0 {
		t.Fatalf("%d states were sent, %d arrived", len(sent), len(arrived))
	}
	for i := range sent {
		was, is := around(t, sent[i]), around(t, arrived[i])
		if was.before != is.before || was.after != is.after {
			t.Errorf("what stands beside state %d was changed:\n%s\n%s", i, sent[i], arrived[i])
		}
		if !strings.HasSuffix(is.body, was.body[1:]) {
			t.Errorf("state %d was changed:\n%s\n%s", i, was.body, is.body)
		}
		siblings += was.before + was.after
	}
	return siblings
}

type parts struct{ before, body, after string }

func around(t *testing.T, line string) parts {
	t.Helper()
	var env airbyte.Envelope
	if airbyte.Classify([]byte(line), &env) != airbyte.ProtocolLine {
		t.Fatalf("not a message: %s", line)
	}
	return parts{line[:env.Body.Start], line[env.Body.Start:env.Body.End], line[env.Body.End:]}
}

func TestConnectorsAreCalledAsTheProtocolSays(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	s := newStory(t, kit(object{"count": 5}).through("listen.sh", from), ours("destination-discard", object{}).through("listen.sh", to))
	s.sync(store.Succeeded)
	s.source.Config["count"] = 9
	s.sync(store.Succeeded)
	want := []string{
		"spec", "discover --config F", "read --config F --catalog F",
		"spec", "discover --config F", "read --config F --catalog F --state F",
	}
	if got := calls(t, from); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the source was called\n%q, want\n%q", got, want)
	}
	want = []string{"spec", "write --config F --catalog F", "spec", "write --config F --catalog F"}
	if got := calls(t, to); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the destination was called\n%q, want\n%q", got, want)
	}
	for line := range strings.Lines(read(t, from, "modes")) {
		if !strings.HasPrefix(line, "600 /") {
			t.Errorf("a file of a connector is not private and writable, or its path not absolute: %s", line)
		}
	}
}

// calls gives how a connector was called, the files' names written as F.
func calls(t *testing.T, dir string) (all []string) {
	t.Helper()
	for line := range strings.Lines(read(t, dir, "calls")) {
		words := strings.Fields(line)
		for i, word := range words {
			if filepath.IsAbs(word) && filepath.Ext(word) == ".json" {
				words[i] = "F"
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func TestOnAPlatformTheKitSpeaksOfStreams(t *testing.T) {
	// With WORKER_JOB_ID the kit sends a state per stream, states of streams of
	// its own, and each record twice over.
	source := kit(object{"count": 250})
	source.Connector.Env["WORKER_JOB_ID"] = "7"
	s := newStory(t, source, lake("lake.db"))
	r := s.sync(store.Succeeded)
	if len(r.Ledger.Source.Unconfigured) == 0 {
		t.Error("nothing is said of the states of streams that are not in the catalog")
	}
	s.source.Config["count"] = 300
	r = s.sync(store.Succeeded)
	if got := r.Ledger.Streams[0].Relayed; got != 50 {
		t.Errorf("%d numbers were relayed, not the 50 new ones", got)
	}
}
