package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
)

// remote says which server a command is for, instead of files and a home.
type remote struct {
	server, tokenFile string
	kubeconfig
}

func (r *remote) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.server, "server", "", "URL of a server to ask, instead of files and a home, or "+inCluster+" for that of the kubeconfig's cluster (default KNELT_SERVER)")
	cmd.Flags().StringVar(&r.tokenFile, "token-file", "", "file with the token for --server (default KNELT_TOKEN holds the token itself)")
	r.kubeconfig.flags(cmd)
}

// words are the flags as they were given, to be put into a command that the user
// is told to type.
func (r *remote) words() string {
	words := ""
	for _, flag := range [][2]string{{"server", r.server}, {"kubeconfig", r.Kubeconfig}, {"context", r.Context}} {
		if flag[1] != "" {
			words += " --" + flag[0] + " " + quote(flag[1])
		}
	}
	return words
}

// far is a command that a server does.
type far struct {
	*cli
	*client.Client
}

// named gives the server that is meant; empty if files and a home are.
func (r *remote) named(cmd *cobra.Command, getenv func(string) string) string {
	changed := cmd.Flags().Changed
	switch {
	case r.server != "":
		return r.server
	case changed("remote"):
		return ""
	case r.given():
		return inCluster
	case changed("filename") || changed("home"):
		return ""
	}
	return getenv("KNELT_SERVER")
}

// far gives the server that a command is for; nil if it is for files and a home.
func (c *cli) far(cmd *cobra.Command, r *remote) (*far, error) {
	named := r.named(cmd, c.getenv)
	if named == "" {
		return nil, nil
	}
	for _, name := range []string{"filename", "home"} {
		if cmd.Flags().Changed(name) {
			return nil, usagef("a server and --%s: a server has documents and state of its own", name)
		}
	}
	token, err := r.token(c.getenv)
	if err != nil {
		return nil, err
	}
	url, way, err := r.way(named, "knelt-scheduler")
	if err != nil {
		return nil, err
	}
	made, err := client.New(url, token)
	if err != nil {
		return nil, usagef("%v", err)
	}
	if way != nil {
		made = made.Through(way)
	}
	return &far{c, made}, nil
}

func (r *remote) token(getenv func(string) string) (string, error) {
	if r.tokenFile == "" {
		return getenv("KNELT_TOKEN"), nil
	}
	text, err := os.ReadFile(r.tokenFile)
	if err != nil {
		return "", usagef("%v", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// orFar does a command by a server if one is named, else here.
func (c *cli) orFar(cmd *cobra.Command, r *remote, there func(context.Context, *far) error, here func() error) error {
	f, err := c.far(cmd, r)
	if err != nil {
		return err
	}
	if f == nil {
		return here()
	}
	ctx, release := c.interruptible(cmd.Context())
	defer release()
	err = there(ctx, f)
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// onlyFar is orFar for commands that only a server can do.
func (c *cli) onlyFar(cmd *cobra.Command, r *remote, there func(context.Context, *far) error) error {
	return c.orFar(cmd, r, there, func() error {
		return usagef("name a server: --server URL, or KNELT_SERVER; %s is that of the kubeconfig's cluster", inCluster)
	})
}

// refOf reads NAME or NAMESPACE/NAME.
func refOf(name string) events.Ref {
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		return events.Ref{Namespace: namespace, Name: rest}
	}
	return events.Ref{Name: name}
}

// one gives the connection that is named, or the only one there is.
func (f *far) one(ctx context.Context, name string) (events.Ref, error) {
	if name != "" {
		return refOf(name), nil
	}
	var names []string
	for c, err := range f.Connections(ctx, client.Filter{}) {
		if err != nil {
			return events.Ref{}, err
		}
		if names = append(names, nameOf(c)); len(names) > 10 {
			break
		}
	}
	switch len(names) {
	case 0:
		return events.Ref{}, errors.New("the server has no connections")
	case 1:
		return refOf(names[0]), nil
	}
	return events.Ref{}, usagef("name one of the server's connections, such as %s (knelt connections lists them)", strings.Join(names[:2], " or "))
}

func nameOf(c api.Connection) string {
	return events.Ref{Namespace: c.Namespace, Name: c.Name}.String()
}

// target takes [CONNECTION] [SYNC[-ATTEMPT]] apart, as session.target does; a
// single word is a sync if it looks like one.
func (f *far) target(ctx context.Context, args []string) (ref events.Ref, id syncID, err error) {
	name := first(args)
	switch {
	case len(args) == 2:
		if id, err = parseSyncID(args[1]); err != nil {
			return ref, id, err
		}
	case syncIDForm.MatchString(name):
		if id, err = parseSyncID(name); err != nil {
			return ref, id, err
		}
		name = ""
	}
	ref, err = f.one(ctx, name)
	return ref, id, err
}

// newest gives the id of a connection's newest sync.
func (f *far) newest(ctx context.Context, ref events.Ref) (int64, error) {
	for row, err := range f.Syncs(ctx, ref, 1) {
		return row.ID, err
	}
	return 0, fmt.Errorf("connection %s was never synced", ref)
}
