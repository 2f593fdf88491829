package replication

import "knelt.dev/pkg/airbyte"

// Selection is one stream of a sync as the user selected it.
type Selection struct {
	Stream              airbyte.Stream
	SyncMode            airbyte.SyncMode
	DestinationSyncMode airbyte.DestinationSyncMode
	CursorField         []string
	PrimaryKey          [][]string
	// Fields are the selected top-level fields; nil: all.
	Fields []string
	// As is what the destination calls the stream.
	As airbyte.Descriptor
}

// Overwrites tells whether a sync replaces what earlier generations wrote.
func (s Selection) Overwrites() bool {
	return s.SyncMode == airbyte.FullRefresh &&
		(s.DestinationSyncMode == airbyte.Overwrite || s.DestinationSyncMode == airbyte.OverwriteDedup)
}

// Generation is a stream's generation in one attempt. Minimum equals ID when
// the destination shall drop everything older, and is 0 when it shall keep it;
// nothing in between is supported by destinations.
type Generation struct{ ID, Minimum int64 }

// GenerationRequest is what decides over generations.
type GenerationRequest struct {
	Selections []Selection
	// Current generation of each stream (absent: 0).
	Current map[airbyte.Descriptor]int64
	// First tells the first attempt of a sync from later ones.
	First bool
	// SupportsRefreshes is the destination's.
	SupportsRefreshes bool
	// Refresh names the streams to read from scratch and to truncate.
	Refresh map[airbyte.Descriptor]bool
}

// GenerationPlan is the answer: the generation of every stream, and the streams
// whose state must be forgotten before the attempt starts.
type GenerationPlan struct {
	Generations map[airbyte.Descriptor]Generation
	Restart     []airbyte.Descriptor
}

// PlanGenerations follows Airbyte's rules (protocol notes, configured catalog).
// On a sync's first attempt every full refresh stream, and every stream to
// refresh, gets the next generation and loses its state. On later attempts only
// full refresh streams that cannot be resumed do; the others go on where they
// were, so that rows written before survive.
func PlanGenerations(r GenerationRequest) GenerationPlan {
	plan := GenerationPlan{Generations: make(map[airbyte.Descriptor]Generation, len(r.Selections))}
	for _, s := range r.Selections {
		d := s.Stream.Descriptor()
		g := Generation{ID: r.Current[d]}
		if r.restarts(s) {
			g.ID++
			plan.Restart = append(plan.Restart, d)
		}
		if s.Overwrites() || r.Refresh[d] {
			g.Minimum = g.ID
		}
		plan.Generations[d] = g
	}
	return plan
}

func (r GenerationRequest) restarts(s Selection) bool {
	full := s.SyncMode == airbyte.FullRefresh
	if r.First {
		return full || r.Refresh[s.Stream.Descriptor()]
	}
	resumable := s.Stream.IsResumable && r.SupportsRefreshes
	return full && !resumable
}
