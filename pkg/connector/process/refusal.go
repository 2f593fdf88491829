package process

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
)

// refused explains why the kernel would not execute a program that check found
// nothing wrong with.
func (p *program) refused(err error) error {
	interpreter := p.interpreter()
	switch {
	case errors.Is(err, syscall.ENOENT) && interpreter != "":
		return p.fail("its first line names the interpreter "+quote(interpreter)+", which does not exist",
			"install that, correct the line, or put the interpreter first in connector.command", err)
	case errors.Is(err, syscall.ENOENT):
		return p.fail("the loader or interpreter that "+quote(p.path)+" needs does not exist",
			"use a build for this system (such as a static one)", err)
	case errors.Is(err, syscall.EACCES) && interpreter != "":
		return p.fail("the user who runs the engine may not execute it or its interpreter "+quote(interpreter),
			"correct their permissions, or the noexec option of the file system", err)
	case errors.Is(err, syscall.EACCES):
		return p.fail("the user who runs the engine may not execute "+quote(p.path),
			"correct its permissions, or the noexec option of the file system", err)
	case errors.Is(err, syscall.ENOEXEC):
		return p.fail(quote(p.path)+" is neither a program for this machine nor a script with a \"#!\" line",
			"build it for this architecture, or add the line", err)
	}
	return p.fail(err.Error(), "see whether it starts from a shell", err)
}

// interpreter gives the program of a script's "#!" line, or "".
func (p *program) interpreter() string {
	f, err := os.Open(p.path)
	if err != nil {
		return "" // unreadable but executable: then it is no script
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 256) // as much as Linux reads of the line
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	line, script := bytes.CutPrefix(head[:n], []byte("#!"))
	if !script {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte{'\n'})
	if words := strings.Fields(strings.ReplaceAll(string(line), "\r", "\\r")); len(words) > 0 {
		return words[0]
	}
	return ""
}
