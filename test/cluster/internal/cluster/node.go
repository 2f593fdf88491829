package cluster

import (
	"context"
	"errors"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
	"knelt.dev/test/cluster/internal/netns"
)

// StopNode makes a node vanish: its link goes down, and then all that runs on
// it is killed at once. The cluster notices by the node's silence.
func StopNode(name string) error {
	if _, err := layout.FindNode(name); err != nil {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	return errors.Join(netns.Connect(name, false), machine.Kill(name))
}

// StartNode lets a stopped node boot, and returns when it is ready. What its
// disk holds, images and addresses, is there again; its containers are not.
func StartNode(ctx context.Context, name string) error {
	n, err := layout.FindNode(name)
	if err != nil {
		return err
	}
	if machine.Pid(layout.Control) == 0 {
		return errors.New("the cluster is not up")
	}
	p, err := compile(ctx, Options{Bare: true})
	if err != nil {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	if p, err = installTools(p); err != nil {
		return err
	}
	pause, err := pushPause(ctx, p)
	if err != nil {
		return err
	}
	if err := startNode(p, n, pause); err != nil {
		return err
	}
	return await(ctx, name, nodeReady(name))
}
