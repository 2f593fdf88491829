package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"knelt.dev/pkg/connector"
)

// program is what to execute: everything that can be found wrong before
// anything is made.
type program struct {
	name string // as configured
	path string // absolute
	dir  string // absolute
	argv []string
	env  []string
}

// newProgram checks c and finds its program. Errors are *connector.StartError.
func newProgram(c connector.Connector) (*program, error) {
	if c.Image != "" {
		return nil, &connector.StartError{
			Program: c.Image, Problem: "the connector is a container image, and this engine runs local programs",
			Fix: "run it in a cluster, or give connector.command alone to run a local program",
		}
	}
	if len(c.Command) == 0 || c.Command[0] == "" {
		return nil, &connector.StartError{Problem: "the connector has no command", Fix: "give connector.command, such as [./bin/source-faker]"}
	}
	if err := checkEnv(c); err != nil {
		return nil, err
	}
	p := &program{name: c.Command[0], env: environment(c, engineEnv())}
	p.argv = append(p.argv, c.Command...)
	var err error
	if p.dir, err = workingDir(c); err != nil {
		return nil, err
	}
	if p.path, err = p.find(); err != nil {
		return nil, err
	}
	return p, nil
}

// workingDir gives c.Dir as an absolute path of a directory that exists.
func workingDir(c connector.Connector) (string, error) {
	fail := func(problem string, err error) (string, error) {
		return "", &connector.StartError{Program: c.Command[0], Problem: problem, Fix: "correct the connector's directory", Err: err}
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fail("the engine's own directory is not known", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fail("its working directory cannot be used: "+err.Error(), err)
	}
	if !info.IsDir() {
		return fail("its working directory "+quote(dir)+" is not a directory", nil)
	}
	return dir, nil
}

// find gives the path of the program: with a slash it is relative to the
// working directory, else it is on the PATH that the connector gets.
func (p *program) find() (string, error) {
	if !strings.Contains(p.name, "/") {
		return p.findOnPath(lookup(p.env, "PATH"))
	}
	path := p.name
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	return path, p.check(path)
}

// findOnPath looks through a PATH. Entries that are not absolute are passed
// over: what they mean depends on where the engine was started.
func (p *program) findOnPath(list string) (string, error) {
	var found error
	for _, dir := range filepath.SplitList(list) {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, p.name)
		err := p.check(path)
		if err == nil {
			return path, nil
		}
		if found == nil && !errors.Is(err, fs.ErrNotExist) {
			found = err
		}
	}
	if found != nil {
		return "", found
	}
	return "", p.fail("there is no such program on the PATH ("+list+")",
		"install it, or write a path with a slash, such as ./"+p.name, fs.ErrNotExist)
}

// check tells what keeps the file at path from being executed.
func (p *program) check(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.fail("there is no file "+quote(path), "build or install it, or correct connector.command", err)
	case err != nil:
		return p.fail(err.Error(), "make it readable for the user who runs the engine", err)
	case info.IsDir():
		return p.fail(quote(path)+" is a directory", "name the program in it", nil)
	case info.Mode()&0o111 == 0:
		return p.fail(quote(path)+" is not executable", "run chmod +x on it, or put its interpreter first, such as [python3, "+p.name+"]", fs.ErrPermission)
	}
	return nil
}

// fail makes a StartError of this program.
func (p *program) fail(problem, fix string, err error) error {
	return &connector.StartError{Program: p.name, Problem: problem, Fix: fix, Err: err}
}

func quote(s string) string { return strconv.Quote(s) }
