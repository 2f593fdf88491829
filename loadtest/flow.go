package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// flow watches what a process reads, from outside (rchar of proc_pid_io(5)), so
// that the watching costs the stream nothing.
type flow struct {
	file *os.File
	done chan struct{}
	stop chan struct{}

	mu     sync.Mutex
	read   int64
	last   time.Time // when it was seen to read last
	pauses []pause
}

// pause is a time in which nothing was read.
type pause struct{ from, to time.Time }

// A look each lookFlow; what is shorter than shortest is no pause, but the
// scheduler's doing.
const (
	lookFlow = 500 * time.Microsecond
	shortest = 2 * time.Millisecond
)

func follow(pid int) (*flow, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return nil, err
	}
	f := &flow{file: file, done: make(chan struct{}), stop: make(chan struct{}), last: time.Now()}
	go f.run()
	return f, nil
}

func (f *flow) run() {
	defer close(f.done)
	buf := make([]byte, 512)
	for {
		n, _ := f.file.ReadAt(buf, 0) // io.EOF
		f.see(buf[:n], time.Now())
		select {
		case <-f.stop:
			return
		case <-time.After(lookFlow):
		}
	}
}

// see takes the text of the file: "rchar: N" is its first line.
func (f *flow) see(text []byte, now time.Time) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	n, err := strconv.ParseInt(string(bytes.TrimPrefix(line, []byte("rchar: "))), 10, 64)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || n == f.read {
		return
	}
	if now.Sub(f.last) > shortest {
		f.pauses = append(f.pauses, pause{f.last, now})
	}
	f.read, f.last = n, now
}

// position is how much was read so far.
func (f *flow) position() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read
}

// longest is the longest pause that ended after since; one of no length at since
// if there was none.
func (f *flow) longest(since time.Time) pause {
	f.mu.Lock()
	defer f.mu.Unlock()
	most := pause{since, since}
	for _, p := range f.pauses {
		if p.to.After(since) && p.to.Sub(p.from) > most.to.Sub(most.from) {
			most = p
		}
	}
	return most
}

// resumed is when bytes flow that were sent behind a moment: what came before it
// is read by then, or there was no pause.
func (f *flow) resumed(moment time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.pauses {
		if p.to.After(moment) && p.from.Before(moment) {
			return p.to
		}
	}
	return moment
}

func (f *flow) close() {
	close(f.stop)
	<-f.done
	_ = f.file.Close() // it was only read
}
