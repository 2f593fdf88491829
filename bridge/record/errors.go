package record

import (
	"crypto/tls"
	"errors"
	"fmt"
)

var (
	// ErrKeyUsed ends a connection that has moved as much as its keys are good for.
	ErrKeyUsed = errors.New("the connection has carried as many records as its keys are good for")
	// errForged tells of a record that the peer did not seal, or not for here.
	errForged = errors.New("a record was changed on its way")
)

// The alerts that are sent, RFC 8446, section 6.
const (
	closeNotify       = tls.AlertError(0)
	unexpectedMessage = tls.AlertError(10)
	badRecordMAC      = tls.AlertError(20)
	recordOverflow    = tls.AlertError(22)
	decodeError       = tls.AlertError(50)
	userCanceled      = tls.AlertError(90)
)

// breach is a record that TLS does not allow here, and the alert that says so.
type breach struct {
	alert tls.AlertError
	err   error
}

func breached(a tls.AlertError, format string, args ...any) error {
	return &breach{a, fmt.Errorf(format, args...)}
}

func (b *breach) Error() string { return fmt.Sprintf("TLS: %v (%s)", b.err, b.alert.Error()) }
func (b *breach) Unwrap() error { return b.err }
