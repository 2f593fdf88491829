package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) resetCommand() *cobra.Command {
	var o syncOptions
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset [CONNECTION]",
		Short: "Empty streams at the destination and forget their state",
		Long: `Reset empties the streams of a connection at the destination (all of them, or
those named by --stream) and forgets their state, so that the next sync reads
them from the beginning.`,
		Example: "  knelt reset -f shop.yaml --stream users",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.connection, o.reset = first(args), true
			return c.orFar(cmd, &o.remote, func(ctx context.Context, f *far) error { return f.reset(ctx, &o, yes) }, func() error {
				if err := c.confirm(cmd.Context(), &o, yes); err != nil {
					return err
				}
				return c.sync(cmd.Context(), &o)
			})
		},
	}
	o.location.flags(cmd)
	o.remote.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print events, one JSON object a line, and nothing else")
	cmd.Flags().StringArrayVar(&o.streams, "stream", nil, "only this stream; may be repeated")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirm asks whether rows may be deleted. Where nobody can be asked, --yes has
// to say so.
func (c *cli) confirm(ctx context.Context, o *syncOptions, yes bool) error {
	if yes {
		return nil
	}
	set, err := o.load()
	if err != nil {
		return err
	}
	conn, err := set.Connection(o.in(o.connection))
	if err != nil {
		return err
	}
	return c.confirmDeleting(ctx, o, conn.Metadata.Key(), conn.Spec.Destination)
}

// reset is the same by a server.
func (f *far) reset(ctx context.Context, o *syncOptions, yes bool) error {
	ref, err := f.one(ctx, o.connection)
	if err != nil {
		return err
	}
	o.connection = ref.String()
	if !yes {
		d, err := f.Connection(ctx, ref)
		if err != nil {
			return err
		}
		if err := f.confirmDeleting(ctx, o, o.connection, d.Destination); err != nil {
			return err
		}
	}
	return f.sync(ctx, o)
}

func (c *cli) confirmDeleting(ctx context.Context, o *syncOptions, connection, destination string) error {
	what := "all streams of " + connection
	if len(o.streams) > 0 {
		what = strings.Join(o.streams, ", ") + " of " + connection
	}
	if !c.asks {
		return usagef("reset deletes the rows of %s at destination %s: add --yes if that is wanted", what, destination)
	}
	fmt.Fprintf(c.stderr, "Delete the rows of %s at destination %s? [y/N] ", what, destination)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c.stdin).ReadString('\n') // the end of the input is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case said := <-answer:
		if said == "y" || said == "yes" {
			return nil
		}
		return usagef("nothing was reset")
	case <-c.signals:
		return errInterrupted
	case <-ctx.Done(): // somebody else has taken the signal
		return errInterrupted
	}
}
