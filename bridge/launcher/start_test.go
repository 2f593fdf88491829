//go:build linux

package launcher

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
)

func TestTheLauncherMayComeFirst(t *testing.T) {
	t.Parallel()
	p := emptyPod(t)
	p.env = append(p.env, modeVariable+"=hello")
	p.launch(self(t))
	time.Sleep(200 * time.Millisecond) // it looks for a directory that is not there
	p.serve()
	time.Sleep(100 * time.Millisecond) // and waits for start.json
	p.start("--config", "/x y.json")
	if stdout, _ := p.rest(); stdout != "hello read|--config|/x y.json\n" {
		t.Errorf("got %q", stdout)
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
}

// mustFail waits for a launcher that cannot start its connector and checks the
// exit and that its log says why.
func (p *pod) mustFail(want podfiles.Exit, said string) {
	p.t.Helper()
	exit := p.end()
	if !strings.Contains(exit.Problem, said) || !strings.Contains(p.log.String(), exit.Problem) {
		p.t.Errorf("problem %q, log %q; want %q in both", exit.Problem, p.log.String(), said)
	}
	if exit.Problem = ""; exit != want {
		p.t.Errorf("got %+v, want %+v", exit, want)
	}
}

func TestASidecarThatNeverComesIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	p := emptyPod(t)
	if err := os.Mkdir(string(p.dir), 0o700); err != nil {
		t.Fatal(err)
	}
	p.flags = append(p.flags, "-wait", "200ms")
	p.launch("/bin/true")
	p.mustFail(podfiles.Exit{Code: 125}, "waiting for the sidecar")
}

func TestASidecarThatEndedBeforeItsLauncherCameIsNotWaitedFor(t *testing.T) {
	p := newPod(t)
	if err := errors.Join(p.me.Close(), p.claim.Close()); err != nil {
		t.Fatal(err)
	}
	p.flags = append(p.flags, "-wait", "1h")
	p.launch("/bin/true")
	p.mustFail(podfiles.Exit{Code: 125}, "the sidecar ended before the connector's container came")
}

func TestALauncherWithoutTheVolumeSaysSo(t *testing.T) {
	p := emptyPod(t)
	p.flags = append(p.flags, "-wait", "100ms")
	p.launch("/bin/true")
	p.await(p.ended, "the launcher's end")
	if code := p.cmd.ProcessState.ExitCode(); code != 125 || !strings.Contains(p.log.String(), "sidecar.alive") {
		t.Errorf("code %d, log %q", code, p.log.String())
	}
}

func TestAStartThatNeverComesIsNotWaitedForForEver(t *testing.T) {
	p := newPod(t)
	p.flags = append(p.flags, "-wait", "300ms")
	p.launch("/bin/true")
	p.mustFail(podfiles.Exit{Code: 125}, "start.json: nothing came within 300ms")
}

func TestASidecarThatEndsBeforeTheStartEndsTheLauncher(t *testing.T) {
	p := newPod(t)
	p.launch("/bin/true")
	time.Sleep(200 * time.Millisecond)
	if err := p.me.Close(); err != nil {
		t.Fatal(err)
	}
	p.mustFail(podfiles.Exit{Code: 125}, "the sidecar ended before the connector was started")
}

func TestStreamsThatTheSidecarDoesNotHoldAreAnErrorAndNoWait(t *testing.T) {
	p := newPod(t)
	p.streams.Close()
	p.run("/bin/true")
	p.mustFail(podfiles.Exit{Code: 125}, "stdout: the sidecar does not read it")
}

func TestTheEndMayBeAskedForBeforeTheStart(t *testing.T) {
	p := newPod(t)
	p.launch("/bin/true")
	time.Sleep(100 * time.Millisecond)
	p.terminate(time.Hour)
	p.mustFail(podfiles.Exit{Code: 143, Signal: "SIGTERM", Terminated: true}, "before it was started")
}

func TestASignalBeforeTheStartEndsTheLauncher(t *testing.T) {
	t.Parallel()
	for _, served := range []bool{false, true} {
		p := emptyPod(t)
		if served {
			p.serve()
		} else if err := os.Mkdir(string(p.dir), 0o700); err != nil {
			t.Fatal(err)
		}
		p.launch("/bin/true")
		time.Sleep(1500 * time.Millisecond) // until it takes signals
		for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGPIPE, syscall.SIGTERM} {
			if err := p.cmd.Process.Signal(sig); err != nil {
				t.Error(err)
			}
		}
		p.mustFail(podfiles.Exit{Code: 143, Signal: "SIGTERM"}, "before the connector was started (SIGTERM)")
	}
}

func TestAStartThatCannotBeReadIsAnError(t *testing.T) {
	for text, said := range map[string]string{"garbage": "start.json", `{"command":"read"}`: "no arguments"} {
		p := newPod(t)
		p.launch("/bin/true")
		err := os.WriteFile(filepath.Join(string(p.dir), "start.json"), []byte(text), 0o600)
		if err := errors.Join(err, p.me.Ring(podfiles.Look)); err != nil {
			t.Fatal(err)
		}
		p.mustFail(podfiles.Exit{Code: 125}, said)
	}
}

// TestAProgramThatCannotBeStartedHasTheShellsCodes also at its readers: the
// message goes the way of its stderr.
func TestAProgramThatCannotBeStartedHasTheShellsCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		env  string // of AIRBYTE_ENTRYPOINT, if words are empty
		word string
		code int
		said string
	}{
		"missing":            {word: "/no/such/program", code: 127, said: `"/no/such/program": there is no such file in the image`},
		"below a file":       {word: "/etc/passwd/x", code: 127, said: "there is no such file"},
		"missing on PATH":    {word: "no-such-program", code: 127, said: "no such program on the image's PATH (/usr/local/bin:/usr/bin:/bin)"},
		"not executable":     {word: file("data", "x", 0o600), code: 126, said: "it is not executable"},
		"a directory":        {word: dir, code: 126, said: "it is a directory"},
		"no interpreter":     {word: file("script", "#!/no/such/shell\n", 0o700), code: 127, said: "the interpreter of its first line"},
		"no program":         {word: file("text", "exit 0\n", 0o700), code: 126, said: "neither a program for this machine"},
		"no entrypoint":      {code: 127, said: "its image sets no AIRBYTE_ENTRYPOINT"},
		"not one command":    {env: "a; b", code: 127, said: "cannot be split into words"},
		"from the variable":  {env: "/no/such/program --flag", code: 127, said: "/no/such/program"},
		"nothing but quotes": {env: "''", code: 127, said: "names no program"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPod(t)
			p.env = append(p.env, "AIRBYTE_ENTRYPOINT="+c.env)
			if c.word != "" {
				p.run(c.word)
			} else {
				p.flags = append(p.flags, "-entrypoint-env")
				p.run()
			}
			stdout, stderr := p.rest()
			if stdout != "" || !strings.Contains(stderr, c.said) || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("stdout %q, stderr %q, want %q", stdout, stderr, c.said)
			}
			p.mustFail(podfiles.Exit{Code: c.code}, c.said)
		})
	}
}

func TestCommandLinesThatMakeNoSenseAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--"},
		{"-dir", "relative", "--", "x"},
		{"-wait", "0s", "--", "x"},
		{"-no-such-flag", "--", "x"},
		{"-grace", "-1s", "--", "x"},
	} {
		var log strings.Builder
		if _, err := ParseFlags(args, nil, &log); err == nil || log.Len() == 0 {
			t.Errorf("%q: %v, log %q", args, err, log.String())
		}
	}
}
