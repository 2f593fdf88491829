// Package lines reads lines from programs that promise nothing: a line may be
// empty, hundreds of megabytes long, or never end. Memory stays bounded by the
// reader's limit and nothing is allocated per line.
//
// It replaces bufio.Scanner, which cannot go on after a line that is too long,
// and bufio.Reader, whose ReadLine hands out pieces and whose ReadBytes
// allocates every line.
package lines
