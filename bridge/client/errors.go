package client

import (
	"errors"
	"fmt"

	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

var (
	// ErrSuperseded tells that the bridge obeys a relay of a higher epoch: this
	// one must stop at once, and touch nothing any more.
	ErrSuperseded = errors.New("a newer relay has taken over")
	// ErrPodLost tells that the connector cannot be reached any more: the
	// attempt is over, and the next starts from the checkpoint.
	ErrPodLost = errors.New("the connector's pod is lost")
	// ErrDetached is what everything of a Run answers after Detach.
	ErrDetached = errors.New("this relay has detached")
	// ErrNotKept tells that the bridge no longer keeps the bytes from where a
	// relay wants to read: it cannot resume.
	ErrNotKept = errors.New("the bridge no longer keeps these bytes")
	// ErrBehind refuses a mark before a byte that the bridge has accepted
	// already: a successor makes its first mark once it has caught up.
	ErrBehind = errors.New("no mark can stand here: the bridge has accepted bytes behind it")
)

// LostError is an ErrPodLost with its reason.
type LostError struct {
	// Addr is the bridge's address.
	Addr string
	// Reason says what was seen, Err is the last cause or nil. One of them may be
	// missing.
	Reason string
	Err    error
}

func (e *LostError) Error() string {
	text := fmt.Sprintf("the connector's pod at %s is lost", e.Addr)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is makes it an ErrPodLost.
func (e *LostError) Is(target error) bool { return target == ErrPodLost }

// Unwrap returns the last cause.
func (e *LostError) Unwrap() error { return e.Err }

// UnlaunchedError tells that there is no connector to run in the container: its
// program is missing, for instance. Exit.Reason says what is wrong.
type UnlaunchedError struct{ Exit connector.Exit }

func (e *UnlaunchedError) Error() string { return "the connector was not started: " + e.Exit.Reason }

// RefusedError tells that the bridge obeys other relays. It is an ErrSuperseded
// or an ErrPodLost, if it is for these reasons.
type RefusedError struct {
	// Addr is the bridge's address.
	Addr string
	wire.RefusedPayload
}

func (e *RefusedError) Error() string {
	why := map[wire.RefusalCode]string{
		wire.RefusedEpoch:    "a newer relay has taken over",
		wire.RefusedLost:     "its sidecar was restarted, or its lease was lost",
		wire.RefusedSync:     "it belongs to another sync",
		wire.RefusedVersion:  "it speaks another version of the protocol: use the same version of Knelt for both ends",
		wire.RefusedProtocol: "this relay broke a rule of the protocol, which is a mistake in Knelt",
	}[e.Code]
	if why == "" {
		why = fmt.Sprintf("code %q", string(e.Code))
	}
	return fmt.Sprintf("the bridge at %s refuses this relay: %s (%s)", e.Addr, why, e.Message)
}

// Is makes it an ErrSuperseded or ErrPodLost.
func (e *RefusedError) Is(target error) bool {
	return target == ErrSuperseded && e.Code == wire.RefusedEpoch || target == ErrPodLost && e.Code == wire.RefusedLost
}

// MismatchError tells that what was written after a resume is not what the
// bridge has accepted before. Nothing of it was sent. The connectors must be
// terminated, and the sync goes on from its checkpoint.
type MismatchError struct {
	// From and To are the offsets in stdin of what was compared.
	From, To int64
	// Reason says what differs.
	Reason string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the relay did not produce bytes %d to %d of the connector's stdin again: %s", e.From, e.To, e.Reason)
}

// ProtocolError tells that the bridge breaks the protocol; dialing again would
// not help.
type ProtocolError struct {
	// Addr is the bridge's address.
	Addr string
	Err  error
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("the bridge at %s breaks the protocol: %v; use the same version of Knelt for both ends", e.Addr, e.Err)
}

// Unwrap returns what is wrong.
func (e *ProtocolError) Unwrap() error { return e.Err }
