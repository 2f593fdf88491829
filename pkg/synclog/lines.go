package synclog

import "bytes"

// LineWriter logs each line written to it, at level Info: it is where a
// connector's stderr goes. It is for one goroutine; Close logs a last line that
// has no newline. It keeps only the beginning of a line that is longer than
// twice Options.LineBytes, so a program that never ends its line takes no memory.
type LineWriter struct {
	log    *Log
	origin Origin
	output Output
	line   []byte
	length int // of the line so far, with what was not kept
}

// Lines gives a writer for the lines of one output of a connector.
func (l *Log) Lines(origin Origin, output Output) *LineWriter {
	return &LineWriter{log: l, origin: origin, output: output}
}

// Write never fails.
func (w *LineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		head, tail, found := bytes.Cut(p, []byte{'\n'})
		w.keep(head)
		if !found {
			return n, nil
		}
		w.end()
		p = tail
	}
}

func (w *LineWriter) keep(p []byte) {
	w.length += len(p)
	room := 2*w.log.opts.LineBytes + 1 - len(w.line)
	w.line = append(w.line, p[:min(len(p), room)]...)
}

func (w *LineWriter) end() {
	line := bytes.TrimSuffix(w.line, []byte{'\r'})
	if len(line) > 0 {
		e := Entry{Level: Info, Origin: w.origin, Output: w.output, Message: string(line)}
		if w.length > len(w.line) {
			e.Fields = map[string]any{"lineBytes": w.length}
		}
		w.log.Write(e)
	}
	w.line, w.length = w.line[:0], 0
}

// Close logs what is left.
func (w *LineWriter) Close() error {
	w.end()
	return nil
}
