package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
	"knelt.dev/test/cluster/internal/netns"
)

// Kubectl makes the command kubectl with these arguments. It must be started by
// run, which puts it into the cluster's network.
func kubectl(ctx context.Context, args ...string) (*exec.Cmd, error) {
	dir, err := build.Kubernetes.Build(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, dir+"/kubernetes", append([]string{"kubectl"}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+layout.Kubeconfig)
	return cmd, nil
}

func run(cmd *exec.Cmd) error {
	if err := netns.Start(layout.NamespacePath(layout.Control), cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Kubectl runs kubectl with this process' standard streams.
func Kubectl(ctx context.Context, args ...string) error {
	cmd, err := kubectl(ctx, args...)
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = run(cmd)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return EndedError{Code: exit.ExitCode()}
	}
	return err
}

// EndedError says that a command, which has spoken for itself, has failed.
type EndedError struct{ Code int }

func (e EndedError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

// get is what kubectl prints. What it complains of is in the error.
func get(ctx context.Context, args ...string) (string, error) {
	return with(ctx, nil, args...)
}

func with(ctx context.Context, input []byte, args ...string) (string, error) {
	cmd, err := kubectl(ctx, args...)
	if err != nil {
		return "", err
	}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &errs
	if err := run(cmd); err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", args[0], err, bytes.TrimSpace(errs.Bytes()))
	}
	return out.String(), nil
}

// apply applies the documents. The server merges them, so that none is too
// large to be kept in an annotation.
func apply(ctx context.Context, docs []manifest.Doc) error {
	data, err := manifest.Encode(docs)
	if err != nil {
		return err
	}
	_, err = with(ctx, data, "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}
