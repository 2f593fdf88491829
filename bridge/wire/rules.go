package wire

import "strconv"

// Side is an end of a connection: the relay's or the bridge's.
type Side uint8

// The sides, as bits.
const (
	Relay Side = 1 << iota
	Bridge
)

type presence uint8

const (
	none presence = iota
	maybe
	needed
)

// rule is a row of the table of frames.
type rule struct {
	name    string
	from    Side
	streams uint8 // a bit for each stream it may name
	offset  bool  // whether its offset may differ from 0
	payload presence
}

const (
	noStream = 1 << Stdin // the field is 0
	stdin    = 1 << Stdin
	outputs  = 1<<Stdout | 1<<Stderr
)

var rules = [...]rule{
	Attach:    {"ATTACH", Relay, noStream, false, needed},
	Attached:  {"ATTACHED", Bridge, noStream, false, needed},
	Refused:   {"REFUSED", Bridge, noStream, false, needed},
	File:      {"FILE", Relay, noStream, true, needed},
	Start:     {"START", Relay, noStream, false, needed},
	Data:      {"DATA", Relay | Bridge, stdin | outputs, true, needed},
	End:       {"END", Relay | Bridge, stdin | outputs, true, none},
	Credit:    {"CREDIT", Relay | Bridge, stdin | outputs, true, maybe},
	Release:   {"RELEASE", Relay, outputs, true, none},
	Mark:      {"MARK", Relay, stdin, true, needed},
	MarkEnd:   {"MARKEND", Relay, stdin, true, needed},
	Marked:    {"MARKED", Bridge, stdin, true, none},
	Snapshot:  {"SNAPSHOT", Bridge, noStream, true, needed},
	Terminate: {"TERMINATE", Relay, noStream, false, needed},
	Exit:      {"EXIT", Bridge, noStream, false, needed},
	Done:      {"DONE", Relay, noStream, false, none},
	Detach:    {"DETACH", Relay, noStream, false, none},
	Detached:  {"DETACHED", Bridge, noStream, false, none},
	Ping:      {"PING", Relay | Bridge, noStream, true, none},
	Pong:      {"PONG", Relay | Bridge, noStream, true, none},
	Launched:  {"LAUNCHED", Bridge, noStream, false, none},
}

// String is the type's name in the table of docs/bridge-protocol.md.
func (t Type) String() string {
	if t < Attach || t > Launched {
		return "type " + strconv.Itoa(int(t))
	}
	return rules[t].name
}

// String is the stream's usual name.
func (s Stream) String() string {
	switch s {
	case Stdin:
		return "stdin"
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	}
	return "stream " + strconv.Itoa(int(s))
}

// SentBy tells whether a side may send a frame of this type for this stream:
// DATA of stdin comes from the relay, its CREDIT from the bridge, and so on. END
// of stdin comes from both: see docs/bridge-protocol.md.
func (f Frame) SentBy(s Side) bool {
	if f.Type < Attach || f.Type > Launched || rules[f.Type].from&s == 0 {
		return false
	}
	switch f.Type {
	case Data:
		return (s == Relay) == (f.Stream == Stdin)
	case Credit:
		return (s == Relay) == (f.Stream != Stdin)
	case End:
		return s == Bridge || f.Stream == Stdin
	}
	return true
}
