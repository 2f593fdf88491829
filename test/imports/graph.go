package imports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Module is the module's path.
const Module = "knelt.dev"

// Package is what the rules need to know of one package; tests do not count.
type Package struct {
	ImportPath string
	Imports    []string // direct
	Deps       []string // direct and indirect
}

// Graph is all packages of the module.
type Graph []Package

// Load asks the go command for the packages of the module in dir.
func Load(ctx context.Context, dir string) (Graph, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("listing the packages of the module: %w", err)
	}
	return decode(strings.NewReader(string(out)))
}

func decode(r io.Reader) (Graph, error) {
	var g Graph
	for d := json.NewDecoder(r); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the go command's list: %w", err)
		}
		g = append(g, p)
	}
}

// Within gives the packages that a pattern matches.
func (g Graph) Within(pattern string) Graph {
	var in Graph
	for _, p := range g {
		if match(pattern, p.ImportPath) {
			in = append(in, p)
		}
	}
	return in
}

// match tells whether a package is pattern, or below it if pattern ends in /...;
// a * stands for anything within one element. Patterns of our own packages leave
// the module's path out.
func match(pattern, path string) bool {
	if first, _, _ := strings.Cut(pattern, "/"); !strings.Contains(first, ".") && ours(path) {
		path = strings.TrimPrefix(strings.TrimPrefix(path, Module), "/")
	}
	if pattern == "..." {
		return true
	}
	below, tree := strings.CutSuffix(pattern, "/...")
	want, have := strings.Split(below, "/"), strings.Split(path, "/")
	if len(have) < len(want) || (len(have) > len(want) && !tree) {
		return false
	}
	for i, w := range want {
		if !matchElement(w, have[i]) {
			return false
		}
	}
	return true
}

func matchElement(pattern, s string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}

func matchAny(patterns []string, path string) bool {
	for _, p := range patterns {
		if match(p, path) {
			return true
		}
	}
	return false
}

// ours tells a package of this module.
func ours(path string) bool { return path == Module || strings.HasPrefix(path, Module+"/") }

// standard tells a package of the standard library: no dot in its first element.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
