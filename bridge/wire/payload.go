package wire

// AttachPayload opens a connection.
type AttachPayload struct {
	Version    int    `json:"version"`
	Connection string `json:"connection"`
	Sync       int64  `json:"sync"`
	Epoch      int64  `json:"epoch"`
}

// AttachedPayload tells a relay what it attached to.
type AttachedPayload struct {
	Version int          `json:"version"`
	State   State        `json:"state"`
	Stdin   InputState   `json:"stdin"`
	Stdout  OutputState  `json:"stdout"`
	Stderr  OutputState  `json:"stderr"`
	Mark    *MarkPayload `json:"mark"`
}

// State of a bridge.
type State string

// The states.
const (
	Waiting State = "waiting"
	Running State = "running"
	Exited  State = "exited"
)

// InputState is how much of stdin was accepted; Hash is the SHA-256 in hex of
// what was accepted since the mark, or since the beginning.
type InputState struct {
	Accepted int64  `json:"accepted"`
	Ended    bool   `json:"ended"`
	Hash     string `json:"hash"`
}

// OutputState is which bytes of an output are kept: from Kept up to Produced.
type OutputState struct {
	Kept     int64 `json:"kept"`
	Produced int64 `json:"produced"`
	Ended    bool  `json:"ended"`
}

// MarkPayload describes a mark. Offset and Snapshot (its size in bytes) are set
// by the bridge when it tells of the mark it remembers.
type MarkPayload struct {
	Offset       int64 `json:"offset"`
	Source       int64 `json:"source"`
	Stdout       int64 `json:"stdout"`
	Checkpointed int64 `json:"checkpointed"`
	Version      int   `json:"version"`
	Snapshot     int64 `json:"snapshot"`
}

// RefusedPayload says why a relay is refused.
type RefusedPayload struct {
	Code    RefusalCode `json:"code"`
	Message string      `json:"message"`
	Epoch   int64       `json:"epoch,omitempty"`
}

// RefusalCode is for programs.
type RefusalCode string

// The reasons to refuse.
const (
	RefusedVersion RefusalCode = "version"
	RefusedSync    RefusalCode = "sync"
	RefusedEpoch   RefusalCode = "epoch"
	RefusedLost    RefusalCode = "lost"
	// RefusedProtocol may come at any time: the relay broke a rule.
	RefusedProtocol RefusalCode = "protocol"
)

// StartPayload names the command and the files that follow. Env is given to the
// connector beside what its container has; a whole START fits in one frame.
type StartPayload struct {
	Command string            `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
	Files   []FilePayload     `json:"files"`
}

// FilePayload announces a file.
type FilePayload struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// FromPayload is the first CREDIT's of an output after ATTACHED.
type FromPayload struct {
	From int64 `json:"from"`
}

// TerminatePayload asks for the connector's end.
type TerminatePayload struct {
	GraceMillis int64 `json:"graceMillis"`
}

// SignalLost stands in ExitPayload.Signal, with code 137, when the connector's
// container ended without telling how: its launcher was killed.
const SignalLost = "lost"

// ExitPayload tells how the connector ended.
type ExitPayload struct {
	Code       int    `json:"code"`
	Signal     string `json:"signal,omitempty"`
	OOM        bool   `json:"oom,omitempty"`
	Terminated bool   `json:"terminated,omitempty"`
	LeftOver   bool   `json:"leftOver,omitempty"`
	// Reason says in words what else is known, such as why it could not start.
	Reason     string `json:"reason,omitempty"`
	StderrTail string `json:"stderrTail,omitempty"`
}
