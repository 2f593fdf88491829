package notify

import (
	"context"
	"slices"
	"time"
)

// Topic is one of the two things that are told of a connection. Their events come
// independently, so each has a standing of its own.
type Topic string

// The topics.
const (
	Syncs  Topic = "syncs"
	Schema Topic = "schema"
)

var topics = []Topic{Syncs, Schema}

// Standing is what was last learnt of a topic of a connection, and what is to be
// told of it.
type Standing struct {
	// Failing tells that its last sync did not succeed, and that this is told.
	Failing bool `json:"failing,omitempty"`
	// Since is when the first sync of those that failed ended.
	Since time.Time `json:"since,omitzero"`
	// Ended is when the last sync that counted ended; earlier ones are old news.
	Ended time.Time `json:"ended,omitzero"`
	// Schema is the id of the last event about a changed schema.
	Schema string `json:"schema,omitempty"`
	// Messages are the newest, told or not, the oldest first.
	Messages []Message `json:"messages,omitempty"`
}

// manyMessages is how many a topic can be behind. A webhook that was away for
// longer hears of the newest.
const manyMessages = 5

// with gives a standing that has one message more.
func (s Standing) with(m Message) Standing {
	s.Messages = append(slices.Clone(s.Messages), m)
	s.Messages = s.Messages[max(0, len(s.Messages)-manyMessages):]
	return s
}

// Memory keeps what has to outlive the process: it is written before an event is
// answered, and read by whoever tells. Standings are changed by events alone, what
// was told by the Courier alone, in as many processes as there are. What is lost
// of it is told twice, or not at all if it is a standing.
type Memory interface {
	// Standing gives the last one; the zero one if there is none.
	Standing(ctx context.Context, t Topic, connection string) (Standing, error)
	// ChangeStanding keeps what change makes of it, unless that is no change. If
	// somebody else changed it meanwhile, change is called again, with theirs.
	ChangeStanding(ctx context.Context, t Topic, connection string, change func(Standing) (now Standing, changed bool)) error
	// Told gives the ids of the messages that need not be told any more.
	Told(ctx context.Context, connection string) ([]string, error)
	// ChangeTold is to Told as ChangeStanding is to Standing.
	ChangeTold(ctx context.Context, connection string, change func([]string) (now []string, changed bool)) error
}
