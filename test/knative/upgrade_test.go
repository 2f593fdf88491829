package knative

import (
	"maps"
	"testing"
	"time"

	"knelt.dev/events"
)

// TestAnEngineOfAnotherOutputStartsFromTheCheckpoint: bytes of two versions must
// not be mixed, so the running connectors are of no use to the new one.
func TestAnEngineOfAnotherOutputStartsFromTheCheckpoint(t *testing.T) {
	const users = 1500
	s := newSync(t, faker{Users: users, Rate: 3 * users / 30.0}, "")
	post(t, s.request())
	before := s.running()
	containers := template(t, "sync")["containers"].([]any)
	upgraded := maps.Clone(containers[0].(map[string]any))
	upgraded["image"] = images["upgraded"]
	patch(t, "sync", map[string]any{"spec": map[string]any{"containers": []any{upgraded}}})
	defer patch(t, "sync", map[string]any{"spec": map[string]any{"containers": containers}})
	// Knative leaves a pod of the old revision to its request, also one that is
	// drained from its node: only if it is lost does the new one take over.
	disturbances["deleted at once"](t)

	r := heard.result(t, s.run(), 3*time.Minute)
	if r.Outcome != events.Succeeded || r.Attempts != 2 || heard.count(s.name, events.SyncStarted) != 2 {
		t.Errorf("the sync ended %s %q in %d attempts; the connectors were %v", r.Outcome, r.Reasons, r.Attempts, before)
	}
	s.exact(users)
	s.nothingLeft(30 * time.Second)
}
