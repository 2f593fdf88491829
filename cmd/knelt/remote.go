package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/events"
	"knelt.dev/pkg/api/client"
)

// remote says which server a command is for, instead of files and a home.
type remote struct {
	server, tokenFile string
	namespace         string
	kubeconfig
}

func (r *remote) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.server, "server", "", "URL of a server to ask, instead of files and a home, or "+inCluster+" for that of the kubeconfig's cluster (default KNELT_SERVER)")
	cmd.Flags().StringVar(&r.tokenFile, "token-file", "", "file with the token for --server (default KNELT_TOKEN holds the token itself)")
	r.kubeconfig.flags(cmd)
	cmd.Flags().StringVarP(&r.namespace, "namespace", "n", "", "namespace of what is named without one, - for none (default: the only one that has the name)")
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
	*remote
	// meant is the connection that was named whole, so that it was not looked up.
	meant string
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
	return &far{cli: c, Client: made, remote: r}, nil
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
	return f.explain(ctx, err)
}

// onlyFar is orFar for commands that only a server can do.
func (c *cli) onlyFar(cmd *cobra.Command, r *remote, there func(context.Context, *far) error) error {
	return c.orFar(cmd, r, there, func() error {
		return usagef("name a server: --server URL, or KNELT_SERVER; %s is that of the kubeconfig's cluster", inCluster)
	})
}

// newest gives the id of a connection's newest sync.
func (f *far) newest(ctx context.Context, ref events.Ref) (int64, error) {
	for row, err := range f.Syncs(ctx, ref, 1) {
		return row.ID, err
	}
	return 0, fmt.Errorf("connection %s was never synced", ref)
}
