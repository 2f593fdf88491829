package lines

import "io"

// maxEmptyReads is how often a source may return neither bytes nor an error,
// as in bufio.
const maxEmptyReads = 100

// fill reads once into the buffer, making room first.
func (r *Reader) fill() {
	r.makeRoom()
	for range maxEmptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.full = r.end == len(r.buf)
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// makeRoom moves what is unread to the front of a buffer with free space. While
// a long line comes in nothing moves: it is at the front already.
func (r *Reader) makeRoom() {
	to := r.buf
	if size := r.size(); size != len(r.buf) {
		to = make([]byte, size)
	} else if r.start == 0 {
		return
	}
	r.end = copy(to, r.buf[r.start:r.end])
	r.start, r.buf = 0, to
}

// size tells how long the buffer has to be for the next read.
func (r *Reader) size() int {
	unread, size := r.end-r.start, len(r.buf)
	switch {
	case size == 0:
		size = startSize
	case unread == size:
		size *= 2
	case size > keepSize && unread < readSize:
		size = readSize
	case r.full && size < readSize:
		size = readSize
	}
	return min(size, r.limit+1)
}
