package lines

import "bytes"

// tooLong drops what is buffered of a line that is too long and reports it.
func (r *Reader) tooLong() error {
	line := r.buf[r.start:r.end]
	prefix := bytes.Clone(line[:min(len(line), PrefixSize)])
	r.overlong = int64(len(line))
	r.drop()
	return &TooLongError{Limit: r.limit, Prefix: prefix}
}

// Skip reads to the end of the line that was reported as too long, without
// keeping it, and returns its length without the newline. Next and NextBlock do
// so by themselves. Without a *TooLongError it does nothing and returns 0. A source that
// fails or ends (io.EOF) inside the line is reported by the next call.
func (r *Reader) Skip() int64 {
	for r.overlong > 0 {
		unread := r.buf[r.start:r.end]
		if i := bytes.IndexByte(unread, '\n'); i >= 0 {
			length := r.overlong + int64(i)
			r.start, r.scanned, r.overlong = r.start+i+1, 0, 0
			return length
		}
		r.overlong += int64(len(unread))
		r.drop()
		if r.err != nil {
			length := r.overlong
			r.overlong = 0
			return length
		}
		r.fill()
	}
	return 0
}

// drop forgets what is buffered, and the buffer itself if it is large.
func (r *Reader) drop() {
	r.start, r.end, r.scanned, r.full = 0, 0, 0, false
	if len(r.buf) > keepSize {
		r.buf = nil
	}
}
