package main

import (
	"bufio"
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
			if err := c.confirm(&o, yes); err != nil {
				return err
			}
			return c.sync(cmd.Context(), &o)
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print events, one JSON object a line, and nothing else")
	cmd.Flags().StringArrayVar(&o.streams, "stream", nil, "only this stream; may be repeated")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirm asks whether rows may be deleted. Where nobody can be asked, --yes has
// to say so.
func (c *cli) confirm(o *syncOptions, yes bool) error {
	if yes {
		return nil
	}
	set, err := o.load()
	if err != nil {
		return err
	}
	conn, err := set.Connection(o.connection)
	if err != nil {
		return err
	}
	what := "all streams of " + conn.Metadata.Name
	if len(o.streams) > 0 {
		what = strings.Join(o.streams, ", ") + " of " + conn.Metadata.Name
	}
	if !c.asks {
		return usagef("reset deletes the rows of %s at destination %s: add --yes if that is wanted", what, conn.Spec.Destination)
	}
	fmt.Fprintf(c.stderr, "Delete the rows of %s at destination %s? [y/N] ", what, conn.Spec.Destination)
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
	}
}
