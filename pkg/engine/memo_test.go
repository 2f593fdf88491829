package engine_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

func TestAnswersAreRememberedForTheSameConnectorAndConfig(t *testing.T) {
	f := newFixture(t)
	f.engine.AnswersFor = time.Hour
	f.sync(t, nil)
	want(t, f.sync(t, nil), store.Succeeded)
	if n := strings.Count(f.note(t, ""), "source discover"); n != 1 {
		t.Errorf("the source was asked for its catalog %d times in two syncs", n)
	}
	t.Setenv("SHOP_KEY", "another-secret")
	f.sync(t, nil)
	if n := strings.Count(f.note(t, ""), "source discover"); n != 2 {
		t.Errorf("with another config the source was asked %d times in all", n)
	}
	if n := strings.Count(f.note(t, ""), "source spec"); n != 1 {
		t.Errorf("the source was asked for its spec %d times", n)
	}
}

func TestACatalogThatLacksAStreamIsAskedForAnew(t *testing.T) {
	f := newFixture(t)
	f.engine.AnswersFor = time.Hour
	f.sync(t, nil)
	f.spec = "  streams: [{name: newcomer}]\n"
	r := f.sync(t, nil)
	if n := strings.Count(f.note(t, ""), "source discover"); n != 2 {
		t.Errorf("the source was asked for its catalog %d times", n)
	}
	if r.Mend == nil || !strings.Contains(r.Mend.Error(), "newcomer") {
		t.Errorf("the sync ended %s for %q", r.Status(), r.Reasons())
	}
}

func TestTheLogIsHandedOnWithoutSecrets(t *testing.T) {
	f := newFixture(t)
	var mu sync.Mutex
	var text strings.Builder
	f.engine.Log = func(s engine.SyncName, e synclog.Entry) {
		mu.Lock()
		defer mu.Unlock()
		if s.Sync != 1 || s.Attempt != 1 || s.Connection != "shop-to-lake" {
			t.Errorf("a line of %+v", s)
		}
		text.WriteString(e.Message + "\n")
	}
	f.sync(t, nil)
	if s := text.String(); !strings.Contains(s, "the key is ") || strings.Contains(s, "top-secret-value") || !strings.Contains(s, "the sync ended: succeeded") {
		t.Errorf("the log says %q", s)
	}
}
