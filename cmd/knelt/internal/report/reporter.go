package report

import "knelt.dev/pkg/engine"

// Reporter tells how a sync goes while it goes. Observe is called by the engine,
// Say at any time by anybody.
type Reporter interface {
	Observe(engine.Event)
	// Say shows one line of the program's own.
	Say(text string)
	// Close ends what is live. The sync is over.
	Close()
}

// Subject is what is synced.
type Subject struct{ Connection, Source, Destination string }
