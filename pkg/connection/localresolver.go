package connection

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxReferenced bounds what a file gives; certificates and keys are far smaller.
const maxReferenced = 1 << 20

// LocalResolver resolves references on one machine.
type LocalResolver struct {
	// Dir is where relative paths of ${file:P} start: Origin.Dir of the document.
	Dir string
	// Secrets is the folder of ${secret:name/key}: the value is the content of
	// Secrets/name/key, a file that only its owner should be able to read (0600).
	Secrets string
	// LookupEnv gives environment variables; nil: os.LookupEnv.
	LookupEnv func(name string) (string, bool)
}

// SecretsDir is the folder of secrets in the engine's home.
func SecretsDir(home string) string { return filepath.Join(home, "secrets") }

// Lookup gives the value of a reference. Of a file, one newline at its end is
// cut off, since editors and echo add it.
func (l LocalResolver) Lookup(ref Reference) (string, error) {
	switch ref.Scheme {
	case SchemeEnv:
		return l.env(ref)
	case SchemeFile:
		path := ref.Name
		if !filepath.IsAbs(path) {
			path = filepath.Join(l.Dir, path)
		}
		return readValue(ref, path, "create "+path+" or correct the path (it is relative to the folder of the document)")
	case SchemeSecret:
		path := filepath.Join(l.Secrets, filepath.FromSlash(ref.Name))
		return readValue(ref, path, "put the value into "+path+" (chmod 600)")
	}
	return "", &referenceError{message: "unknown kind of reference ${" + ref.Scheme + ":...}"}
}

func (l LocalResolver) env(ref Reference) (string, error) {
	lookup := l.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, ok := lookup(ref.Name)
	if !ok {
		return "", &referenceError{fmt.Sprintf("the environment variable %s is not set", ref.Name), "export it before you start knelt"}
	}
	return value, nil
}

func readValue(ref Reference, path, hint string) (string, error) {
	// Opening a FIFO could block for good, so its kind is asked for first.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &referenceError{ref.String() + " does not exist", hint}
	case err == nil && !info.Mode().IsRegular():
		return "", &referenceError{ref.String() + " is not a regular file", hint}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", &referenceError{ref.String() + " cannot be read: " + cause(err), "check the permissions of " + path}
	}
	defer f.Close() //nolint:errcheck // read only: nothing can be lost
	text, err := io.ReadAll(io.LimitReader(f, maxReferenced+1))
	if err != nil {
		return "", &referenceError{ref.String() + " cannot be read: " + cause(err), "check " + path}
	}
	if len(text) > maxReferenced {
		return "", &referenceError{fmt.Sprintf("%s is larger than %d KiB", ref, maxReferenced>>10), "does it name the right file?"}
	}
	value := strings.TrimSuffix(string(text), "\n")
	return strings.TrimSuffix(value, "\r"), nil
}
