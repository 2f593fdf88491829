package rawio

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// end is what both a connection and a file are.
type end interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// kinds make a writing and a reading end.
var kinds = map[string]func(t *testing.T) (from, to end){
	"connection": func(t *testing.T) (end, end) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // nobody waits there
		a, err1 := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		b, err2 := l.Accept()
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return Conn(a), Conn(b)
	},
	"FIFO": func(t *testing.T) (end, end) {
		path := filepath.Join(t.TempDir(), "fifo")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err1 := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		a, err2 := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return Of(a), Of(b)
	},
}

func each(t *testing.T, test func(t *testing.T, from, to end)) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			from, to := open(t)
			test(t, from, to)
			_, _ = from.Close(), to.Close()
		})
	}
}

// TestWhatIsWrittenIsRead in pieces of all sizes, by ends that wait for each other,
// and its end.
func TestWhatIsWrittenIsRead(t *testing.T) {
	each(t, func(t *testing.T, from, to end) {
		text := make([]byte, 8<<20)
		for i := range text {
			text[i] = byte(rand.Uint32())
		}
		wrote := make(chan error, 1)
		go func() {
			for rest := text; len(rest) > 0; {
				n := min(len(rest), 1+rand.IntN(3<<20))
				if done, err := from.Write(rest[:n]); done != n || err != nil {
					wrote <- errors.Join(err, io.ErrShortWrite)
					return
				}
				rest = rest[n:]
			}
			wrote <- from.Close()
		}()
		got, piece := []byte(nil), make([]byte, 300_000)
		for {
			n, err := to.Read(piece[:1+rand.IntN(len(piece))])
			got = append(got, piece[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := <-wrote; err != nil || !bytes.Equal(got, text) {
			t.Errorf("read %d bytes of %d; %v", len(got), len(text), err)
		}
	})
}

// TestDeadlinesHold, and do not end what they are for.
func TestDeadlinesHold(t *testing.T) {
	each(t, func(t *testing.T, from, to end) {
		if err := to.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := to.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v", n, err)
		}
		text := make([]byte, 64<<20)
		if err := from.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		wrote, err := from.Write(text)
		if wrote == 0 || wrote == len(text) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("wrote %d, %v", wrote, err)
		}
		if err := errors.Join(to.SetReadDeadline(time.Time{}), from.Close()); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, to); n != int64(wrote) || err != nil {
			t.Errorf("read %d of %d, %v", n, wrote, err)
		}
	})
}

// TestEndsAreKnownByTheirNames: whoever waits when an end is closed, and who writes
// to nobody.
func TestEndsAreKnownByTheirNames(t *testing.T) {
	each(t, func(t *testing.T, from, to end) {
		read := make(chan error, 1)
		go func() {
			_, err := to.Read(make([]byte, 10))
			read <- err
		}()
		time.Sleep(5 * time.Millisecond)
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-read; !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("who waits reads %v", err)
		}
		if _, err := to.Read(make([]byte, 10)); !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("who comes later reads %v", err)
		}
		var err error
		for range 100 { // a connection's first write still succeeds
			if _, err = from.Write([]byte("text")); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("who writes to nobody gets %v", err)
		}
	})
}

// TestWhatCannotBeDoneSoIsDoneAsEver, with connections that are no descriptors, and files that block.
func TestWhatCannotBeDoneSoIsDoneAsEver(t *testing.T) {
	a, b := net.Pipe()
	if Conn(a) != a {
		t.Error("a pipe in memory is taken for a descriptor")
	}
	_, _ = a.Close(), b.Close()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	from, to := os.NewFile(uintptr(fds[0]), "from"), os.NewFile(uintptr(fds[1]), "to")
	if Of(from).s != nil || Of(to).s != nil {
		t.Error("a descriptor that blocks is called raw")
	}
	if _, err := Of(to).Write([]byte("text")); err != nil {
		t.Error(err)
	}
	room := make([]byte, 10)
	if n, err := Of(from).Read(room); string(room[:n]) != "text" || err != nil {
		t.Errorf("read %q, %v", room[:n], err)
	}
	_, _ = from.Close(), to.Close()
}

func TestACallCostsNoMemory(t *testing.T) {
	each(t, func(t *testing.T, from, to end) {
		text, room := []byte("text"), make([]byte, 10)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := from.Write(text); err != nil {
				t.Fatal(err)
			}
			if _, err := to.Read(room); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
