package events

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// PartitionKey is the extension attribute that keeps the events of one subject
// in order where a broker has partitions.
const PartitionKey = "partitionkey"

// Origin says where an event comes from.
type Origin struct {
	// Source that sends it.
	Source Source
	// Time it happened; now, if zero.
	Time time.Time
	// Cause is the event that led to it; nil if none did. Its trace is gone on
	// with.
	Cause *event.Event
}

// New makes the event that tells p, and completes p: what may be left out is put
// in, times are rounded, and what makes the event larger than every broker
// forwards is left out. The error is a *DecodeError: a p that could not be
// decoded.
func New(o Origin, p Payload) (event.Event, error) {
	p.normalise()
	data, err := encode(p)
	if err != nil {
		return event.Event{}, err
	}
	e := event.New()
	e.SetID(p.EventID())
	e.SetType(p.EventType())
	e.SetSource(string(o.Source))
	e.SetSubject(p.Subject())
	e.SetTime(normal(o.time()))
	e.SetDataSchema(SchemaURL(p.EventType()))
	e.SetExtension(PartitionKey, p.Subject())
	if o.Cause != nil {
		copyTrace(*o.Cause, &e)
	}
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return event.Event{}, fmt.Errorf("writing %s: %w", e.Type(), err)
	}
	return e, Validate(e)
}

func (o Origin) time() time.Time {
	if o.Time.IsZero() {
		return time.Now()
	}
	return o.Time
}

// encode writes a payload, no larger than need be, and checks it.
func encode(p Payload) (json.RawMessage, error) {
	for {
		data, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", p.EventType(), err)
		}
		if s, can := p.(shrinker); can && len(data) > maxData && s.shrink() {
			continue
		}
		if wrong := append(schemaProblems(p.EventType(), data), p.verify()...); len(wrong) > 0 {
			return nil, &DecodeError{Type: p.EventType(), Problems: wrong}
		}
		return data, nil
	}
}
