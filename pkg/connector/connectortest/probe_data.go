package connectortest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Report is what the probe tells about itself in mode report, as one line of
// JSON.
type Report struct {
	Args  []string
	Env   []string
	Dir   string
	Files map[string]File // by flag, such as "--config"
	// StdinNonblocking tells that standard input would fail with EAGAIN
	// instead of waiting, which programs do not expect.
	StdinNonblocking bool
}

// File is a file that the probe was given.
type File struct {
	Path, Content       string
	Mode, DirectoryMode os.FileMode
	// WriteError tells why it could not be written to; empty if it could.
	WriteError string
}

func report(string, int) {
	dir, err := os.Getwd()
	must(err)
	r := Report{Args: os.Args[1:], Env: os.Environ(), Dir: dir, Files: map[string]File{}}
	r.StdinNonblocking = stdinNonblocking()
	for i, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "--") {
			r.Files[arg] = look(os.Args[i+2])
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(r))
}

func stdinNonblocking() bool {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, 0, syscall.F_GETFL, 0)
	return errno != 0 || flags&syscall.O_NONBLOCK != 0
}

func look(path string) File {
	content, err := os.ReadFile(path)
	must(err)
	info, err := os.Stat(path)
	must(err)
	dir, err := os.Stat(filepath.Dir(path))
	must(err)
	f := File{Path: path, Content: string(content), Mode: info.Mode(), DirectoryMode: dir.Mode().Perm()}
	if err := os.WriteFile(path, append(content, ' '), 0o600); err != nil {
		f.WriteError = err.Error()
	}
	return f
}

// echo copies stdin to stdout.
func echo(string, int) {
	_, err := io.Copy(os.Stdout, os.Stdin)
	must(err)
}

// write writes n MiB to stdout: see Pattern.
func write(_ string, n int) {
	_, err := io.Copy(os.Stdout, Pattern(int64(n)<<20))
	must(err)
}

// writeLines writes n numbered lines to stdout and to stderr in turns.
func writeLines(_ string, n int) {
	out, log := bufio.NewWriter(os.Stdout), bufio.NewWriter(os.Stderr)
	for i := range n {
		_, err := fmt.Fprintf(out, "line %d\n", i)
		must(err)
		_, err = fmt.Fprintf(log, "log line %d\n", i)
		must(err)
	}
	must(out.Flush())
	must(log.Flush())
}

// half writes a line and half of another and dies.
func half(string, int) {
	_, err := os.Stdout.WriteString("whole\n{\"type\":\"RECORD\",\"rec")
	must(err)
	signalSelf("", int(syscall.SIGKILL))
}

// say writes text to stderr and exits with the code that it begins with.
func say(text string, _ int) {
	code, words, _ := strings.Cut(text, ":")
	fmt.Fprintln(os.Stderr, words)
	var n int
	_, err := fmt.Sscan(code, &n)
	must(err)
	os.Exit(n)
}

// spoil leaves things in its directory that are hard to remove.
func spoil(string, int) {
	dir := filepath.Join(filepath.Dir(os.Args[3]), "cache")
	must(os.Mkdir(dir, 0o700))
	must(os.WriteFile(filepath.Join(dir, "token"), []byte("secret"), 0o400))
	must(os.Chmod(dir, 0o500))
}
