package engine

import (
	"encoding/json"
	"testing"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// TestWhenAndHowASyncRunsMakesItNoOther: a sync that did not end is gone on with
// though its connection was paused, rescheduled or given a webhook meanwhile, or
// was kept by a version that knew none of it.
func TestWhenAndHowASyncRunsMakesItNoOther(t *testing.T) {
	spec := connection.ConnectionSpec{Source: "s", Destination: "d"}
	kept, err := json.Marshal(definition{Connection: spec, Planned: true})
	if err != nil {
		t.Fatal(err)
	}
	last := &store.SyncRecord{ID: 7, Status: store.Failed, Definition: kept}
	wanted := spec
	wanted.Schedule = &connection.Schedule{Cron: "0 2 * * *"}
	wanted.Paused, wanted.DiscoverBeforeSync, wanted.OnSchemaChange = true, true, connection.PropagateAll
	wanted.Notifications = []connection.Notification{{Webhook: "https://x"}}
	if record, _, err := next(last, definition{Connection: wanted}); err != nil || record.ID != 7 {
		t.Errorf("a new sync is begun (%v)", err)
	}
	wanted.Prefix = "p_"
	if record, _, err := next(last, definition{Connection: wanted}); err != nil || record.ID != 0 {
		t.Errorf("the old sync is gone on with (%v)", err)
	}
}
