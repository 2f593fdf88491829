package replication_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
)

// selection is one stream that is read and written in these modes.
func selection(name string, mode airbyte.SyncMode, destination airbyte.DestinationSyncMode, resumable bool) replication.Selection {
	return replication.Selection{
		Stream: airbyte.Stream{Name: name, Namespace: "public", IsResumable: resumable}, SyncMode: mode, DestinationSyncMode: destination,
		As: airbyte.Descriptor{Name: "raw_" + name},
	}
}

func public(name string) airbyte.Descriptor {
	return airbyte.Descriptor{Namespace: "public", Name: name}
}

// TestGenerationsFollowAirbytesRules: protocol notes, configured catalog.
func TestGenerationsFollowAirbytesRules(t *testing.T) {
	t.Parallel()
	all := []replication.Selection{
		selection("full", airbyte.FullRefresh, airbyte.Overwrite, false),
		selection("resumable", airbyte.FullRefresh, airbyte.OverwriteDedup, true),
		selection("appended", airbyte.FullRefresh, airbyte.Append, false),
		selection("incremental", airbyte.Incremental, airbyte.AppendDedup, true),
	}
	current := map[airbyte.Descriptor]int64{public("full"): 4, public("incremental"): 7}
	type g = map[string][2]int64
	for name, c := range map[string]struct {
		first, refreshes bool
		refresh          string
		want             g
		restart          []string
	}{
		"first attempt":                                {true, true, "", g{"full": {5, 5}, "resumable": {1, 1}, "appended": {1, 0}, "incremental": {7, 0}}, []string{"full", "resumable", "appended"}},
		"first attempt, a stream refreshed":            {true, true, "incremental", g{"full": {5, 5}, "resumable": {1, 1}, "appended": {1, 0}, "incremental": {8, 8}}, []string{"full", "resumable", "appended", "incremental"}},
		"later attempt":                                {false, true, "", g{"full": {5, 5}, "resumable": {0, 0}, "appended": {1, 0}, "incremental": {7, 0}}, []string{"full", "appended"}},
		"later attempt, a stream refreshed":            {false, true, "incremental", g{"full": {5, 5}, "resumable": {0, 0}, "appended": {1, 0}, "incremental": {7, 7}}, []string{"full", "appended"}},
		"later attempt, destination without refreshes": {false, false, "", g{"full": {5, 5}, "resumable": {1, 1}, "appended": {1, 0}, "incremental": {7, 0}}, []string{"full", "resumable", "appended"}},
	} {
		plan := replication.PlanGenerations(replication.GenerationRequest{
			Selections: all, Current: current, First: c.first, SupportsRefreshes: c.refreshes,
			Refresh: map[airbyte.Descriptor]bool{public(c.refresh): c.refresh != ""},
		})
		want := replication.GenerationPlan{Generations: map[airbyte.Descriptor]replication.Generation{}}
		for stream, ids := range c.want {
			want.Generations[public(stream)] = replication.Generation{ID: ids[0], Minimum: ids[1]}
		}
		for _, stream := range c.restart {
			want.Restart = append(want.Restart, public(stream))
		}
		if diff := cmp.Diff(want, plan); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestEachSideSeesTheModesItKnows.
func TestEachSideSeesTheModesItKnows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode                    airbyte.DestinationSyncMode
		refreshes               bool
		atSource, atDestination airbyte.DestinationSyncMode
	}{
		{airbyte.Append, false, airbyte.Append, airbyte.Append},
		{airbyte.Append, true, airbyte.Append, airbyte.Append},
		{airbyte.AppendDedup, false, airbyte.AppendDedup, airbyte.AppendDedup},
		{airbyte.AppendDedup, true, airbyte.AppendDedup, airbyte.AppendDedup},
		{airbyte.Overwrite, false, airbyte.Overwrite, airbyte.Overwrite},
		{airbyte.Overwrite, true, airbyte.Append, airbyte.Append},
		{airbyte.OverwriteDedup, false, airbyte.Overwrite, airbyte.Overwrite},
		{airbyte.OverwriteDedup, true, airbyte.AppendDedup, airbyte.AppendDedup},
		{airbyte.Update, true, airbyte.Append, airbyte.Update},
		{airbyte.SoftDelete, false, airbyte.Append, airbyte.SoftDelete},
	} {
		s := []replication.Selection{selection("users", airbyte.Incremental, c.mode, false)}
		plan := replication.PlanGenerations(replication.GenerationRequest{Selections: s})
		source := replication.SourceCatalog(s, plan, 3, c.refreshes).Streams[0].DestinationSyncMode
		destination := replication.DestinationCatalog(s, plan, 3, c.refreshes).Streams[0].DestinationSyncMode
		if source != c.atSource || destination != c.atDestination {
			t.Errorf("%s, refreshes %v: source sees %s, destination %s", c.mode, c.refreshes, source, destination)
		}
	}
}

// TestCatalogsCarryGenerationsKeysAndNames: destinations take the three numbers
// as never absent.
func TestCatalogsCarryGenerationsKeysAndNames(t *testing.T) {
	t.Parallel()
	s := selection("users", airbyte.FullRefresh, airbyte.Overwrite, false)
	s.CursorField, s.PrimaryKey = []string{"at"}, [][]string{{"id"}}
	plan := replication.GenerationPlan{Generations: map[airbyte.Descriptor]replication.Generation{public("users"): {ID: 2, Minimum: 2}}}
	want := airbyte.ConfiguredStream{
		Stream: s.Stream, SyncMode: airbyte.FullRefresh, DestinationSyncMode: airbyte.Append, CursorField: s.CursorField, PrimaryKey: s.PrimaryKey,
		GenerationID: 2, MinimumGenerationID: 2, SyncID: 9,
	}
	all := []replication.Selection{s}
	if diff := cmp.Diff(want, replication.SourceCatalog(all, plan, 9, true).Streams[0]); diff != "" {
		t.Error(diff)
	}
	want.Stream.Name, want.Stream.Namespace = "raw_users", ""
	if diff := cmp.Diff(want, replication.DestinationCatalog(all, plan, 9, true).Streams[0]); diff != "" {
		t.Error(diff)
	}
	text, err := airbyte.Marshal(replication.DestinationCatalog([]replication.Selection{selection("users", airbyte.Incremental, airbyte.Append, false)}, replication.GenerationPlan{}, 1, true))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"generation_id":0,"minimum_generation_id":0,"sync_id":1`; !strings.Contains(string(text), want) {
		t.Errorf("%s does not hold %s", text, want)
	}
}
