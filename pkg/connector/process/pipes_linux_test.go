package process

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPipesAreLargeAndNotForOthers(t *testing.T) {
	p, err := newPipes()
	if err != nil {
		t.Fatal(err)
	}
	defer p.closeAll()
	for _, f := range []*os.File{p.stdin.write, p.stdout.read, p.stderr.read, p.stdin.read, p.stdout.write, p.stderr.write} {
		var size, flags int
		err := onDescriptor(f, func(fd uintptr) {
			size, err = unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
			flags, _ = unix.FcntlInt(fd, unix.F_GETFD, 0)
		})
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags %x, %v: not closed on exec", flags, err)
		}
		if size != pipeSize && os.Getuid() == 0 {
			t.Errorf("a pipe of %d bytes, want %d", size, pipeSize)
		}
	}
}

// TestAPipeThatMayNotGrowIsTakenAsItIs asks for what the kernel refuses.
func TestAPipeThatMayNotGrowIsTakenAsItIs(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFiles(r, w)
	asked := []int{}
	refuse := func(_ uintptr, size int) error { asked = append(asked, size); return unix.EPERM }
	if err := grow(r, refuse); err != nil || len(asked) < 3 || asked[0] != pipeSize {
		t.Errorf("asked for %v, %v", asked, err)
	}
	if err := grow(r, func(uintptr, int) error { return unix.EBADF }); !errors.Is(err, unix.EBADF) {
		t.Errorf("got %v, want other errors to be told", err)
	}
}
