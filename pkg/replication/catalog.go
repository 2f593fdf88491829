package replication

import "knelt.dev/pkg/airbyte"

// SourceCatalog is the configured catalog for the source.
func SourceCatalog(selections []Selection, g GenerationPlan, syncID int64, supportsRefreshes bool) airbyte.ConfiguredCatalog {
	return catalog(selections, g, syncID, func(s Selection, c *airbyte.ConfiguredStream) {
		c.DestinationSyncMode = sourceSees(destinationMode(s.DestinationSyncMode, supportsRefreshes))
	})
}

// DestinationCatalog is the configured catalog for the destination: streams
// under the names they have there, and modes as that destination knows them.
func DestinationCatalog(selections []Selection, g GenerationPlan, syncID int64, supportsRefreshes bool) airbyte.ConfiguredCatalog {
	return catalog(selections, g, syncID, func(s Selection, c *airbyte.ConfiguredStream) {
		c.Stream.Name, c.Stream.Namespace = s.As.Name, s.As.Namespace
		c.DestinationSyncMode = destinationMode(s.DestinationSyncMode, supportsRefreshes)
	})
}

func catalog(selections []Selection, g GenerationPlan, syncID int64, adapt func(Selection, *airbyte.ConfiguredStream)) airbyte.ConfiguredCatalog {
	c := airbyte.ConfiguredCatalog{Streams: make([]airbyte.ConfiguredStream, 0, len(selections))}
	for _, s := range selections {
		generation := g.Generations[s.Stream.Descriptor()]
		configured := airbyte.ConfiguredStream{
			Stream:              s.Stream,
			SyncMode:            s.SyncMode,
			CursorField:         s.CursorField,
			PrimaryKey:          s.PrimaryKey,
			GenerationID:        generation.ID,
			MinimumGenerationID: generation.Minimum,
			SyncID:              syncID,
		}
		adapt(s, &configured)
		c.Streams = append(c.Streams, configured)
	}
	return c
}

// destinationMode gives the mode the protocol has a word for. A destination
// that knows refreshes is never told to overwrite: it appends, and drops what
// is older than the minimum generation.
func destinationMode(m airbyte.DestinationSyncMode, supportsRefreshes bool) airbyte.DestinationSyncMode {
	switch {
	case m == airbyte.Overwrite && supportsRefreshes:
		return airbyte.Append
	case m == airbyte.OverwriteDedup && supportsRefreshes:
		return airbyte.AppendDedup
	case m == airbyte.OverwriteDedup:
		return airbyte.Overwrite
	}
	return m
}

// sourceSees hides the modes that source kits do not know.
func sourceSees(m airbyte.DestinationSyncMode) airbyte.DestinationSyncMode {
	if m == airbyte.Update || m == airbyte.SoftDelete {
		return airbyte.Append
	}
	return m
}
