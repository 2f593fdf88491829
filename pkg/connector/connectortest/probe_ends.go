package connectortest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ready tells on stdout that the probe is where the test wants it.
func ready() { fmt.Println("ready") }

// forever is longer than any test runs; the probe never outlives it.
const forever = 2 * time.Minute

// signalSelf sends itself a signal.
func signalSelf(_ string, n int) {
	must(syscall.Kill(os.Getpid(), syscall.Signal(n)))
	time.Sleep(forever)
}

// hang does nothing, with the usual answer to SIGTERM.
func hang(string, int) {
	signal.Reset(syscall.SIGTERM)
	ready()
	time.Sleep(forever)
}

// polite answers SIGTERM by a last line and exit code n.
func polite(_ string, n int) {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	ready()
	<-term
	fmt.Println("last words")
	os.Exit(n)
}

// stubborn ignores SIGTERM.
func stubborn(string, int) {
	signal.Ignore(syscall.SIGTERM)
	ready()
	time.Sleep(forever)
}

// closeStdin closes its stdin and goes on until that of the test is over.
func closeStdin(string, int) {
	must(os.Stdin.Close())
	ready()
	time.Sleep(forever)
}

// start starts the probe again as a child that holds both outputs. A text
// "setsid" lets it leave the process group.
func start(mode, text string) *exec.Cmd {
	self, err := os.Executable()
	must(err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), ModeVariable+"="+mode)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: strings.HasPrefix(text, "setsid")}
	must(cmd.Start())
	return cmd
}

// leave ends with code 7 and leaves a child that keeps its outputs open and
// ignores SIGTERM. It tells the child's PID.
func leave(text string, _ int) {
	cmd := start("child", text)
	fmt.Println(cmd.Process.Pid)
	os.Exit(7)
}

// leaveLate leaves a child that writes n MiB once its parent is gone.
func leaveLate(text string, _ int) {
	start("child-late:"+text, "")
}

// leaveLog leaves a child that closes stdout and writes to stderr for ever.
func leaveLog(string, int) {
	start("child-log", "")
}

// workers starts n children that ignore SIGTERM, and does so itself.
func workers(_ string, n int) {
	signal.Ignore(syscall.SIGTERM)
	for range n {
		start("child", "")
	}
	ready()
	time.Sleep(forever)
}

func child(string, int) {
	signal.Ignore(syscall.SIGTERM)
	time.Sleep(forever)
}

func childLate(_ string, n int) {
	for parent := os.Getppid(); os.Getppid() == parent && parent != 1; {
		time.Sleep(10 * time.Millisecond)
	}
	_, err := io.Copy(os.Stdout, Pattern(int64(n)<<20))
	must(err)
}

func childLog(string, int) {
	must(os.Stdout.Close())
	for i := 0; ; i++ {
		if _, err := os.Stderr.WriteString("still here " + strconv.Itoa(i) + "\n"); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// eat takes n MiB of memory, and more than that if nobody stops it.
func eat(_ string, n int) {
	var kept [][]byte
	for range n {
		piece := make([]byte, 1<<20)
		for at := 0; at < len(piece); at += os.Getpagesize() {
			piece[at] = 1 // a page is only taken when it is touched
		}
		kept = append(kept, piece)
	}
	fmt.Println("ate", len(kept))
}

// fill writes n MiB into the folder for temporary files, and waits.
func fill(_ string, n int) {
	f, err := os.CreateTemp("", "probe")
	must(err)
	for range n {
		_, err := f.Write(make([]byte, 1<<20))
		must(err)
	}
	ready()
	time.Sleep(forever)
}
