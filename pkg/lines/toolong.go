package lines

import "fmt"

// PrefixSize is how much of a line that is too long is kept to tell what it
// was, in bytes.
const PrefixSize = 4 << 10

// TooLongError reports a line longer than the reader's limit. The reader goes
// on behind that line.
type TooLongError struct {
	// Limit is the longest line allowed, in bytes, without its newline.
	Limit int
	// Prefix is the beginning of the line, at most PrefixSize bytes. It may
	// hold records or secrets: it is meant for finding the stream, not for logs.
	Prefix []byte
}

// Error names the limit and leaves out the line's text.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("a line is longer than the limit of %d bytes; raise the line limit or make the connector write shorter messages", e.Limit)
}
