package main

import (
	"bytes"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// states returns states, when and as the config says.
type states struct {
	config  config
	out     *kit.Emitter
	number  int64
	waiting [][]byte
	// rows counts the records of each stream since its last state.
	rows map[airbyte.Descriptor]int64
}

func newStates(c config, out *kit.Emitter) states {
	return states{config: c, out: out, rows: map[airbyte.Descriptor]int64{}}
}

// count adds a record to its stream's count.
func (s *states) count(line []byte) {
	var e airbyte.Envelope
	if airbyte.Classify(line, &e) != airbyte.ProtocolLine {
		return // it is lost without a word, as real ones do; only the count tells
	}
	s.rows[airbyte.Descriptor{Namespace: textOf(line, e.Namespace, e.Escaped), Name: textOf(line, e.Stream, e.Escaped)}]++
}

// textOf gives what the contents of a JSON string mean.
func textOf(line []byte, contents airbyte.Span, escaped bool) string {
	if !escaped {
		return string(contents.Of(line))
	}
	return string(airbyte.Unquote(nil, contents.Of(line)))
}

// take is given each STATE line as it came.
func (s *states) take(line []byte) error {
	s.number++
	answer, err := s.answer(line)
	if err != nil {
		return err
	}
	switch {
	case s.config.ReturnStates == "none" || s.config.Fault == "drop_state" && s.number == s.config.FaultAt:
		return nil
	case s.config.ReturnStates == "last":
		s.waiting = [][]byte{answer}
		return nil
	case s.config.ReturnStates == "at_end":
		s.waiting = append(s.waiting, answer)
		return nil
	case s.config.Fault == "swap_states":
		return s.swap(answer)
	}
	return s.give(answer)
}

func (s *states) give(answer []byte) error {
	if err := s.out.StateLine(answer); err != nil {
		return err
	}
	if s.config.Fault == "unknown_state" && s.number == s.config.FaultAt {
		return s.out.StateLine([]byte(unknownState))
	}
	return nil
}

const unknownState = `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"nobody_sent_this"},` +
	`"stream_state":{"cursor":1}},"id":987654321}}`

// swap returns the states of each pair in the wrong order.
func (s *states) swap(answer []byte) error {
	if len(s.waiting) == 0 {
		s.waiting = append(s.waiting, answer)
		return nil
	}
	held := s.waiting[0]
	s.waiting = nil
	if err := s.out.StateLine(answer); err != nil {
		return err
	}
	return s.out.StateLine(held)
}

// end returns what was kept for the end.
func (s *states) end() error {
	for _, answer := range s.waiting {
		if err := s.out.StateLine(answer); err != nil {
			return err
		}
	}
	s.waiting = nil
	return nil
}

// answer makes what is returned for a STATE line. line is not kept.
func (s *states) answer(line []byte) ([]byte, error) {
	answer := bytes.Clone(line)
	if s.config.Stats {
		var err error
		if answer, err = s.withStats(line); err != nil {
			return nil, err
		}
	}
	return echoes[s.config.Echo](answer)
}

// withStats adds destinationStats: the records counted for the state.
func (s *states) withStats(line []byte) ([]byte, error) {
	m, err := airbyte.Decode(line)
	if err != nil {
		return nil, kit.SystemError("reading a state: %w", err)
	}
	count := s.taken(m.State)
	m.State.DestinationStats = &airbyte.StateStats{RecordCount: &count}
	return airbyte.AppendLine(nil, m)
}

// taken gives the count that a state covers and starts the next: its stream's,
// or all streams' for a state of all.
func (s *states) taken(state *airbyte.StateMessage) airbyte.Count {
	if state.Stream != nil && state.Kind == airbyte.StreamState {
		n := s.rows[state.Stream.Descriptor]
		delete(s.rows, state.Stream.Descriptor)
		return airbyte.Count(n)
	}
	var all int64
	for _, n := range s.rows {
		all += n
	}
	clear(s.rows)
	return airbyte.Count(all)
}
