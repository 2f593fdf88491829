package notify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"knelt.dev/events"
)

// Message is the body of what is posted.
type Message struct {
	// Type is "failure", "recovery" or "schemaChange".
	Type Occasion `json:"type"`
	// Timestamp is when it happened.
	Timestamp time.Time `json:"timestamp"`
	// Text says all in a line or two, for chats that show this field.
	Text string `json:"text"`
	Data Data   `json:"data"`
}

// Data says what, where and why.
type Data struct {
	Connection events.Ref `json:"connection"`
	// Event is the id of the CloudEvent that it was learnt from.
	Event string `json:"event"`
	// Link to the sync, or the connection, in the dashboard.
	Link string `json:"link,omitempty"`
	Sync int64  `json:"sync,omitempty"`

	Outcome  events.Outcome  `json:"outcome,omitempty"`
	Attempts int             `json:"attempts,omitempty"`
	Started  time.Time       `json:"started,omitzero"`
	Ended    time.Time       `json:"ended,omitzero"`
	Records  int64           `json:"records,omitempty"`
	Bytes    int64           `json:"bytes,omitempty"`
	Reasons  []string        `json:"reasons,omitempty"`
	Failure  *events.Failure `json:"failure,omitempty"`
	// FailingSince is, of a recovery, when the first sync that failed ended.
	FailingSince time.Time `json:"failingSince,omitzero"`

	// Breaking tells that the connection cannot be synced as it is written.
	Breaking bool                  `json:"breaking,omitempty"`
	Changes  []events.StreamChange `json:"changes,omitempty"`
}

// shown is how many reasons and changes a message has; the sync's page has all.
const shown = 20

// ofResult tells how a sync ended.
func ofResult(o Occasion, s Standing, r *events.SyncResult) Message {
	m := Message{Type: o, Timestamp: r.Ended, Data: Data{
		Connection: r.Connection, Event: r.EventID(), Sync: r.Sync, Outcome: r.Outcome, Attempts: r.Attempts,
		Started: r.Started, Ended: r.Ended, Records: r.Total.Relayed, Bytes: r.Total.Bytes,
		Reasons: r.Reasons[:min(len(r.Reasons), shown)], Failure: r.Failure,
	}}
	if o == Recovery {
		m.Data.FailingSince = s.Since
		m.Text = fmt.Sprintf("%s works again: sync %d succeeded, %d records. It had failed since %s.",
			r.Connection, r.Sync, r.Total.Relayed, s.Since.Format(time.RFC3339))
		return m
	}
	m.Text = fmt.Sprintf("The sync of %s %s: %s", r.Connection, ended[r.Outcome], why(r))
	return m
}

var ended = map[events.Outcome]string{events.Failed: "failed", events.Incomplete: "is incomplete"}

func why(r *events.SyncResult) string {
	switch {
	case r.Failure != nil:
		return r.Failure.Message
	case len(r.Reasons) > 0:
		return r.Reasons[0]
	}
	return "no reason was given"
}

// ofChange tells how a schema changed.
func ofChange(c *events.SchemaChange, at time.Time) Message {
	var streams []string
	for _, s := range c.Changes[:min(len(c.Changes), 3)] {
		streams = append(streams, s.Stream.String()+" "+string(s.Change))
	}
	if more := len(c.Changes) - len(streams); more > 0 {
		streams = append(streams, fmt.Sprintf("%d more", more))
	}
	text := fmt.Sprintf("The source of %s has changed: %s.", c.Connection, strings.Join(streams, ", "))
	if c.Breaking {
		text += " The connection cannot be synced before it is mended."
	}
	return Message{Type: SchemaChange, Timestamp: at, Text: text, Data: Data{
		Connection: c.Connection, Event: c.EventID(), Sync: c.Sync, Breaking: c.Breaking, Changes: c.Changes[:min(len(c.Changes), shown)],
	}}
}

// id is the same for the same news, whoever tells it and however often.
func (m *Message) id() string {
	sum := sha256.Sum256([]byte(string(m.Type) + "\n" + m.Data.Event))
	return "msg_" + base64.RawURLEncoding.EncodeToString(sum[:20])
}

func (m *Message) body() ([]byte, error) { return json.Marshal(m) }
