package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

func (c *cli) specCommand() *cobra.Command {
	var o chosenEnd
	var command string
	cmd := &cobra.Command{
		Use:     "spec [NAME]",
		Short:   "Print what config a connector takes (its spec, as JSON)",
		Example: "  knelt spec -f shop.yaml lake\n  knelt spec --command \"./bin/source-faker\"",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, release := c.interruptible(cmd.Context())
			defer release()
			if command != "" {
				return c.specOfCommand(ctx, &o, command)
			}
			s, err := c.open(ctx, &o.location)
			return using(s, err, func(s *session) error {
				d, err := o.one(documents(s.set), &remote{}, first(args))
				if err != nil {
					return err
				}
				return c.spec(ctx, s, &o, d)
			})
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&command, "command", "", "a program with its arguments, instead of a name in the files")
	cmd.MarkFlagsMutuallyExclusive("command", "filename")
	return cmd
}

func (c *cli) spec(ctx context.Context, s *session, o *chosenEnd, d document) error {
	end, err := d.prepare(ctx, s.engine)
	if err != nil {
		return err
	}
	spec, err := s.engine.Spec(ctx, end, c.log(o.verbose))
	if err != nil {
		return err
	}
	return c.printJSON(spec)
}

// specOfCommand asks a program that no document names. Nothing is to be kept of
// it, so the home is one that goes away.
func (c *cli) specOfCommand(ctx context.Context, o *chosenEnd, command string) (err error) {
	words, err := split(command)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("--command names no program")
	}
	home, err := os.MkdirTemp("", "knelt-")
	if err != nil {
		return fmt.Errorf("making a folder to run in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	source := &connection.Source{Metadata: connection.Metadata{Name: "command"}}
	source.Spec.Connector.Command = words
	source.Default()
	s, err := c.openHome(ctx, &connection.Set{}, home)
	return using(s, err, func(s *session) error { return c.spec(ctx, s, o, document{source: source}) })
}

// printJSON prints one of the protocol's structs for people and programs.
func (c *cli) printJSON(v any) error {
	text, err := airbyte.Marshal(v)
	if err != nil {
		return err
	}
	return c.printIndented(text)
}
