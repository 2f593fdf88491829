package connector

import (
	"bytes"
	"strings"
)

// tailSize is the most that is kept of stderr, in bytes.
const tailSize = 4 << 10

// longestSign is what two pieces of stderr must overlap by to find every sign.
const longestSign = 64

// StderrWatch is shown all of a command's stderr as it is read and keeps what
// an Exit needs: the tail and the signs of missing memory. Runtimes use it, so
// that all of them explain ends alike. The zero value is ready; one goroutine
// at a time may use it.
type StderrWatch struct {
	kept []byte // the last bytes, at most 2*tailSize
	cut  bool   // something before kept was forgotten
	seen [len(signs)]bool
}

// Show takes the next piece of stderr.
func (w *StderrWatch) Show(piece []byte) {
	w.look(piece)
	if len(piece) > tailSize {
		piece, w.kept, w.cut = piece[len(piece)-tailSize-1:], w.kept[:0], true
	}
	if len(w.kept)+len(piece) > 2*tailSize {
		keep := w.kept[max(0, len(w.kept)-tailSize-1):]
		w.kept, w.cut = w.kept[:copy(w.kept, keep)], true
	}
	w.kept = append(w.kept, piece...)
}

// look finds signs in piece and across its seam with what came before.
func (w *StderrWatch) look(piece []byte) {
	seam := make([]byte, 0, 2*longestSign)
	seam = append(seam, w.kept[max(0, len(w.kept)-longestSign):]...)
	seam = append(seam, piece[:min(len(piece), longestSign)]...)
	for i, sign := range signs {
		if !w.seen[i] {
			w.seen[i] = bytes.Contains(piece, []byte(sign)) || bytes.Contains(seam, []byte(sign))
		}
	}
}

// Finish completes an Exit whose Code, Signal and Terminated are set: OOM,
// Reason, StderrTail. kernelKilled tells that the kernel is known to have ended
// a process of the command's control group for want of memory.
func (w *StderrWatch) Finish(e *Exit, kernelKilled bool) {
	e.StderrTail = w.tail()
	e.diagnose(kernelKilled, func(sign string) bool {
		for i, s := range signs {
			if s == sign {
				return w.seen[i]
			}
		}
		return false
	})
}

// tail gives the last whole lines. A line of which only a part was kept is left
// out: half a secret in it could not be recognised and redacted.
func (w *StderrWatch) tail() string {
	text := w.kept
	if w.cut || len(text) > tailSize {
		window := text[max(0, len(text)-tailSize-1):]
		_, text, _ = bytes.Cut(window, []byte{'\n'})
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
