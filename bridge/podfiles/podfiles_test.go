package podfiles

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/pkg/connector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for what must come.
const patience = 30 * time.Second

// prepared is a directory as the sidecar prepares it.
func prepared(t *testing.T) Dir {
	t.Helper()
	d := Dir(filepath.Join(t.TempDir(), "pod"))
	claimed(t, d)
	if err := d.Prepare(); err != nil {
		t.Fatal(err)
	}
	return d
}

// claimed claims a directory until the test's end.
func claimed(t *testing.T, d Dir) *os.File {
	t.Helper()
	claim, err := d.Claim()
	return closing(t, claim, err)
}

// closing closes at the test's end.
func closing[C io.Closer](t *testing.T, c C, err error) C {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the test may have closed it
	return c
}

func TestASecondStartOfTheSidecarIsNoticed(t *testing.T) {
	d := prepared(t)
	if _, err := d.Claim(); !errors.Is(err, ErrRestarted) {
		t.Errorf("got %v", err)
	}
	if _, err := Dir("/proc/no/such").Claim(); err == nil || errors.Is(err, ErrRestarted) {
		t.Errorf("a directory that cannot be made: %v", err)
	}
}

// TestASidecarThatHasComeAndGoneIsNotAwaited, with its bells unheard, however it
// ended; one that lives is.
func TestASidecarThatHasComeAndGoneIsNotAwaited(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "pod"))
	claim := claimed(t, d)
	if err := d.Prepare(); err != nil {
		t.Fatal(err)
	}
	me, err := d.Appear(Sidecar)
	if err := errors.Join(err, me.Close()); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := d.Await(short, Sidecar); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("of one that lives: %v", err)
	}
	if err := claim.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Await(t.Context(), Sidecar); !errors.Is(err, ErrGone) {
		t.Errorf("of one that is gone: %v", err)
	}
	if _, err := d.Claim(); !errors.Is(err, ErrRestarted) {
		t.Errorf("a second start: %v", err)
	}
}

func TestEverythingIsPrivate(t *testing.T) {
	d := prepared(t)
	f, err := d.CreateFile(Config)
	if err := errors.Join(err, f.Close(), d.WriteStart(Start{}), d.Prepare()); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(string(d), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOnlyTheConnectorsFilesHaveNames(t *testing.T) {
	d := prepared(t)
	for _, name := range []string{"", ".", "..", "../start.json", "config.json/..", "/etc/passwd", "Config.json", "config.json\x00"} {
		if path, err := d.File(name); err == nil {
			t.Errorf("%q gives %q", name, path)
		}
		if _, err := d.CreateFile(name); err == nil {
			t.Errorf("%q was made", name)
		}
		if _, err := d.NewStart(connector.Read, name); err == nil {
			t.Errorf("%q can be started with", name)
		}
	}
}

func TestTheArgumentsHaveTheirOrder(t *testing.T) {
	s, err := Dir("/x").NewStart(connector.Read, State, Config, Catalog)
	want := "read --config /x/files/config.json --catalog /x/files/catalog.json --state /x/files/state.json"
	if got := strings.Join(s.Args, " "); err != nil || got != want || s.Command != connector.Read {
		t.Errorf("got %q of %q, %v", got, s.Command, err)
	}
	if s, err := Dir("/x").NewStart(connector.Spec); err != nil || strings.Join(s.Args, " ") != "spec" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestMessagesComeAsTheyWereWritten(t *testing.T) {
	d := prepared(t)
	if _, err := d.ReadExit(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	want := Exit{Code: 137, Signal: "SIGKILL", OOM: true, Terminated: true, LeftOver: true, Problem: "p"}
	if err := d.WriteExit(want); err != nil {
		t.Error(err)
	}
	if got, err := d.ReadExit(); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestALongerGraceDoesNotReplaceAShorterOne(t *testing.T) {
	d := prepared(t)
	for _, c := range []struct{ write, want int64 }{{5000, 5000}, {9000, 5000}, {100, 100}, {0, 0}, {1, 0}} {
		if err := d.WriteTerminate(Terminate{c.write}); err != nil {
			t.Error(err)
		}
		if got, err := d.ReadTerminate(); err != nil || got.GraceMillis != c.want || got.Grace() != time.Duration(c.want)*time.Millisecond {
			t.Errorf("after %d: got %+v, %v", c.write, got, err)
		}
	}
}

func TestAnExitIsExplainedByStderr(t *testing.T) {
	for name, c := range map[string]struct {
		exit   Exit
		stderr string
		oom    bool
		reason string
	}{
		"the kernel": {Exit{Code: 137, Signal: "SIGKILL", OOM: true}, "", true, "kernel"},
		"Java":       {Exit{Code: 3}, "java.lang.OutOfMemoryError\n", true, "Java"},
		"missing":    {Exit{Code: 127, Problem: "there is no such file"}, "", false, "there is no such file"},
		"nothing":    {Exit{Code: 1}, "", false, ""},
	} {
		var watch connector.StderrWatch
		watch.Show([]byte(c.stderr))
		got := c.exit.Explain(&watch)
		if got.OOM != c.oom || !strings.Contains(got.Reason, c.reason) || (c.reason == "") != (got.Reason == "") || got.Code != c.exit.Code || got.StderrTail != c.stderr {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestASideThatCameAndWentIsSeen(t *testing.T) {
	d := prepared(t)
	peer, err := d.Watch(Launcher)
	closing(t, peer, err)
	me, err := d.Appear(Launcher)
	closing(t, me, err)
	if err := errors.Join(me.Ring(Started), me.Ring(Exited), me.Close()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := peer.Await(ctx); err != nil {
		t.Error(err)
	}
	for _, want := range []Bell{Started, Exited} {
		if got, err := peer.Next(); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if got, err := peer.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after its end: %q, %v", got, err)
	}
}

func TestASideMayComeAnyTimeLater(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "pod"))
	found := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		peer, err := d.Await(ctx, Sidecar)
		if err == nil {
			err = peer.Close()
		}
		found <- err
	}()
	time.Sleep(50 * time.Millisecond)
	claimed(t, d)
	if err := d.Prepare(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	me, err := d.Appear(Sidecar)
	closing(t, me, err)
	if err := <-found; err != nil {
		t.Error(err)
	}
}

func TestASideThatNeverComesIsWaitedForAsLongAsWanted(t *testing.T) {
	d := prepared(t)
	never := errors.New("nobody wants it")
	for _, dir := range []Dir{d, Dir(t.TempDir())} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, never)
		if _, err := dir.Await(ctx, Launcher); !errors.Is(err, never) || !strings.Contains(err.Error(), "launcher") {
			t.Errorf("got %v", err)
		}
		cancel()
	}
}

func TestAnotherInItsPlaceIsTheEndOfASide(t *testing.T) {
	d := prepared(t)
	first, err := d.Appear(Sidecar)
	closing(t, first, err)
	peer, err := d.Await(t.Context(), Sidecar)
	closing(t, peer, err)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := d.Appear(Sidecar)
	closing(t, second, err)
	if got, err := peer.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWatchingEndsWhenItIsClosed(t *testing.T) {
	d := prepared(t)
	me, err := d.Appear(Sidecar)
	closing(t, me, err)
	peer, err := d.Await(t.Context(), Sidecar)
	closing(t, peer, err)
	time.AfterFunc(50*time.Millisecond, func() { _ = peer.Close() })
	if got, err := peer.Next(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRingingNeverWaits(t *testing.T) {
	d := prepared(t)
	me, err := d.Appear(Sidecar)
	closing(t, me, err)
	for range 100_000 { // more than the FIFO takes
		if err := me.Ring(Look); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStreamsEndOnlyOnceTheyWereLetGo(t *testing.T) {
	d := prepared(t)
	s, err := d.OpenStreams()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Stdout.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stdout.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("before a connector: %v", err)
	}
	child, err := d.OpenChild()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Write(child.FDs[1], []byte("x")); err != nil {
		t.Error(err)
	}
	s.LetGo()
	child.Close()
	child.Close()
	if err := s.Stdout.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s.Stdout); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := s.Stdin.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing to nobody: %v", err)
	}
}

func TestWithoutASidecarTheConnectorsEndsAreAnErrorAndNoWait(t *testing.T) {
	if _, err := prepared(t).OpenChild(); err == nil || !strings.Contains(err.Error(), "the sidecar does not read it") {
		t.Errorf("got %v", err)
	}
	if _, err := Dir(t.TempDir()).OpenChild(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
