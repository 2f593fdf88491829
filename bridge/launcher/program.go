//go:build linux

package launcher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// find gives the path of a program: as it is if it has a slash, else from the
// PATH of the environment, as execvp does.
func find(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, check(name)
	}
	var failed error
	path := lookup(env, "PATH")
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		file := filepath.Join(dir, name)
		err := check(file)
		if err == nil {
			return file, nil
		}
		var problem *startError
		if failed == nil && errors.As(err, &problem) && problem.code != codeNotFound {
			failed = err
		}
	}
	if failed != nil {
		return "", failed
	}
	return "", &startError{codeNotFound, fmt.Sprintf("cannot start %q: there is no such program on the image's PATH (%s); "+
		"correct the entrypoint or use an absolute path", name, path)}
}

// check tells what keeps a file from being executed, as far as it can be seen.
func check(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return &startError{codeNotFound, fmt.Sprintf("cannot start %q: there is no such file in the image; correct the entrypoint", path)}
	case err != nil:
		return &startError{codeNotExecutable, fmt.Sprintf("cannot start %q: %v", path, err)}
	case info.IsDir():
		return &startError{codeNotExecutable, fmt.Sprintf("cannot start %q: it is a directory; name the program in it", path)}
	case info.Mode()&0o111 == 0:
		return &startError{codeNotExecutable, fmt.Sprintf("cannot start %q: it is not executable; run chmod +x on it in the image, "+
			"or put its interpreter first in the entrypoint", path)}
	}
	return nil
}

// refused explains why the kernel would not execute a program that check found
// nothing wrong with.
func refused(path string, err error) error {
	code, problem := codeNotExecutable, err.Error()
	switch {
	case errors.Is(err, syscall.ENOENT):
		code = codeNotFound
		problem = "the interpreter of its first line, or the loader that it needs, is not in the image"
	case errors.Is(err, syscall.EACCES):
		problem = "the container's user may not execute it or its interpreter, or it is on a volume mounted noexec"
	case errors.Is(err, syscall.ENOEXEC):
		problem = "it is neither a program for this machine's architecture nor a script with a \"#!\" line"
	case errors.Is(err, syscall.E2BIG):
		problem = "its arguments and environment are too big for the kernel"
	}
	return &startError{code, fmt.Sprintf("cannot start %q: %s", path, problem)}
}
