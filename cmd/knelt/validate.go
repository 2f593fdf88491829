package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/connection"
)

func (c *cli) validateCommand() *cobra.Command {
	var o location
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Read the files and say what is wrong in them; nothing is started",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			set, err := o.load()
			if err != nil {
				return err
			}
			if err := related(set); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "valid: %s, %s, %s\n", report.Plural(int64(len(set.Sources)), "source"),
				report.Plural(int64(len(set.Destinations)), "destination"), report.Plural(int64(len(set.Connections)), "connection"))
			return nil
		},
	}
	o.filesFlag(cmd)
	return cmd
}

// related checks that connections name ends that are there.
func related(set *connection.Set) error {
	var all error
	for _, name := range slices.Sorted(maps.Keys(set.Connections)) {
		conn := set.Connections[name]
		_, sourceErr := set.SourceOf(conn)
		_, destinationErr := set.DestinationOf(conn)
		all = errors.Join(all, sourceErr, destinationErr)
	}
	return all
}
