package engine_test

import (
	"testing"

	"knelt.dev/pkg/store"
)

func TestALegacyStateIsGivenBackAsItsBareData(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, KIND: legacy`
	want(t, f.sync(t, nil), store.Succeeded)
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".state"); got != `{"users":1}` {
		t.Errorf("the second read was given %q", got)
	}
}

func TestALegacyStateGoesWhenAllStreamsStartFromScratch(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, KIND: legacy`
	f.spec = "  streams: [{name: users, syncMode: full_refresh}, {name: plain}]\n"
	want(t, f.sync(t, nil), store.Succeeded)
	want(t, f.sync(t, nil), store.Succeeded)
	if got := f.note(t, ".state"); got != "" {
		t.Errorf("a full refresh was given %q", got)
	}
}

func TestAFullRefreshStreamIsTakenOutOfAGlobalState(t *testing.T) {
	f := newFixture(t)
	f.sourceEnv = `, KIND: global`
	want(t, f.sync(t, nil), store.Succeeded)
	want(t, f.sync(t, nil), store.Succeeded)
	wanted := `[{"type":"GLOBAL","global":{"shared_state":{"lsn":7},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}]}}]`
	if got := f.note(t, ".state"); got != wanted {
		t.Errorf("the second read was given %s, want %s", got, wanted)
	}
}
