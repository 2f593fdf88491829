package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"knelt.dev/test/cluster/internal/progress"
)

// Build compiles the module's programs, if that has not been done before, and
// returns the folder they are in.
func (m Module) Build(ctx context.Context) (string, error) {
	out, err := m.Out()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	dir, err := m.Dir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(out), m.Name+"-new-")
	if err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	defer os.RemoveAll(fresh) //nolint:errcheck // it is gone when all went well
	err = progress.During("building "+m.Name, func() error {
		return Go(ctx, dir, m.env(), append(append(m.args(), "-o", fresh+"/"), m.Packages...)...)
	})
	if err != nil {
		return "", err
	}
	if err := os.Rename(fresh, out); err != nil {
		return "", fmt.Errorf("keeping what was built: %w", err)
	}
	return out, nil
}

// Go runs the go command in a folder. What it prints is in the error.
func Go(ctx context.Context, dir string, env []string, args ...string) error {
	_, err := output(ctx, dir, env, args...)
	return err
}

// ModuleDir is where the sources of a module are that the module m requires.
func (m Module) ModuleDir(ctx context.Context, path string) (string, error) {
	dir, err := m.Dir()
	if err != nil {
		return "", err
	}
	if err := Go(ctx, dir, nil, "mod", "download", path); err != nil {
		return "", err
	}
	return output(ctx, dir, nil, "list", "-m", "-f", "{{.Dir}}", path)
}

func output(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, errs.Bytes())
	}
	return string(bytes.TrimSpace(out.Bytes())), nil
}
