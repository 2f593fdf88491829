package sidecar

import (
	"sync"

	"knelt.dev/bridge/wire"
)

// chunkSize is a little less than 256 KiB, so that whole frames of the best size
// fill it.
const chunkSize = 4 * wire.BestPayload

type chunk [chunkSize]byte

// readAhead is how much may wait to be sent before the connector is read more
// slowly. What is read long before it is sent has left the processor's caches by
// then, and a window that is full of it is memory that no resume needs.
const readAhead = 1 << 20

// spareChunks is how many chunks are kept for reuse at most, 16 MiB: relays
// release in large steps, and what moves at full speed should need no new memory.
// What was not needed during some releases, and all that is more, goes back to
// the system.
const (
	spareChunks  = 64
	someReleases = 8
)

// window keeps an output's bytes from the last RELEASE on. Its memory is a list
// of chunks that grows and shrinks, never one slice that is copied.
//
// One goroutine fills it (space, publish, end); others read and release.
type window struct {
	mu             sync.Mutex
	limit          int64 // most bytes kept
	lossy          bool  // when full the oldest bytes go, else space is none
	chunks         []*chunk
	spare          []*chunk
	unneeded       int   // the fewest spare ones for some releases
	releases       int   // how many of them there were
	base           int64 // offset of the first byte of chunks[0]
	kept, produced int64 // what is there: from, to
	shown          int64 // the highest offset before which all was viewed
	ended          bool

	room   chan struct{} // cap 1: bytes were released
	moved  chan struct{} // cap 1: bytes were viewed
	notify func()        // there are new bytes, or it has ended
}

func newWindow(limit int64, lossy bool, notify func()) *window {
	return &window{limit: limit, lossy: lossy, room: make(chan struct{}, 1), moved: make(chan struct{}, 1), notify: notify}
}

// space gives memory for the next bytes, none if the window is full. It stays
// the filler's until publish.
func (w *window) space() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	free := w.limit - (w.produced - w.kept)
	if w.lossy {
		free = w.limit
	}
	if free <= 0 {
		return nil
	}
	at := w.produced - w.base
	if at == int64(len(w.chunks))*chunkSize {
		w.chunks = append(w.chunks, w.newChunk())
	}
	tail := w.chunks[at/chunkSize][at%chunkSize:]
	return tail[:min(int64(len(tail)), free)]
}

func (w *window) newChunk() *chunk {
	if n := len(w.spare); n > 0 {
		c := w.spare[n-1]
		w.spare[n-1], w.spare = nil, w.spare[:n-1]
		w.unneeded = min(w.unneeded, n-1)
		return c
	}
	return new(chunk)
}

// publish makes the first n bytes of space readable.
func (w *window) publish(n int) {
	w.mu.Lock()
	w.produced += int64(n)
	if w.lossy && w.produced-w.kept > w.limit {
		w.forget(w.produced - w.limit)
	}
	w.mu.Unlock()
	w.notify()
}

// end says that no more bytes come.
func (w *window) end() {
	w.mu.Lock()
	w.ended, w.spare, w.unneeded = true, nil, 0
	w.mu.Unlock()
	w.notify()
}

// release forgets the bytes before offset.
func (w *window) release(offset int64) {
	w.mu.Lock()
	w.forget(min(offset, w.produced))
	w.mu.Unlock()
	ring(w.room)
}

// forget drops the chunks that lie before offset. A chunk that is not full stays:
// the filler may be about to write into it.
func (w *window) forget(offset int64) {
	if offset <= w.kept {
		return
	}
	w.kept = offset
	n := int((offset - w.base) / chunkSize)
	if n > 0 {
		w.recycle(w.chunks[:n])
	}
	left := copy(w.chunks, w.chunks[n:])
	clear(w.chunks[left:])
	w.chunks = w.chunks[:left]
	w.base += int64(n) * chunkSize
}

// recycle takes chunks that hold nothing any more.
func (w *window) recycle(chunks []*chunk) {
	if w.releases++; w.releases%someReleases == 0 {
		left := len(w.spare) - w.unneeded
		clear(w.spare[left:])
		w.spare, w.unneeded = w.spare[:left], spareChunks
	}
	if !w.ended {
		w.spare = append(w.spare, chunks[:min(len(chunks), spareChunks-len(w.spare))]...)
	}
	w.unneeded = min(w.unneeded, len(w.spare))
}

// state is the window as ATTACHED tells it.
func (w *window) state() wire.OutputState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return wire.OutputState{Kept: w.kept, Produced: w.produced, Ended: w.ended}
}

// view shows use the bytes from offset on, at most a frame of them and none from
// credit on. If bytes from offset on are gone it begins behind them: at tells.
// They are valid in use only, which must not wait. There is no call if there are
// none; ended tells that none will come.
func (w *window) view(offset, credit int64, use func(at int64, p []byte) error) (at int64, ended bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = max(offset, w.kept)
	n := min(w.produced, credit) - at
	if n <= 0 {
		return at, w.ended && at == w.produced, nil
	}
	from := at - w.base
	c := w.chunks[from/chunkSize][from%chunkSize:]
	c = c[:min(int64(len(c)), n, wire.BestPayload)]
	if end := at + int64(len(c)); end > w.shown {
		w.shown = end
		ring(w.moved)
	}
	return at, false, use(at, c)
}

// ahead tells whether more than readAhead waits to be sent.
func (w *window) ahead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.lossy && w.produced-max(w.shown, w.kept) > readAhead
}

// ring fills a channel that holds one signal.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
