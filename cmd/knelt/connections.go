package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
)

func (c *cli) connectionsCommand() *cobra.Command {
	var r remote
	var search string
	var statuses []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "connections",
		Short:   "List a server's connections, and how they stand",
		Example: "  knelt connections --server http://127.0.0.1:8080 --status failed",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.onlyFar(cmd, &r, func(ctx context.Context, f *far) error {
				filter := client.Filter{Search: search}
				for _, s := range statuses {
					if !slices.Contains(api.Statuses(), api.Status(s)) {
						return usagef("--status %s: there are %v", s, api.Statuses())
					}
					filter.Statuses = append(filter.Statuses, api.Status(s))
				}
				return f.connections(ctx, filter, asJSON)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&search, "search", "", "only those whose name, source or destination holds this")
	cmd.Flags().StringArrayVar(&statuses, "status", nil, "only those that stand so: never, running, succeeded, incomplete, failed, cancelled; may be repeated")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as the server tells them, one JSON object a line")
	return cmd
}

func (f *far) connections(ctx context.Context, filter client.Filter, asJSON bool) error {
	table := report.NewTable("CONNECTION", "SOURCE", "DESTINATION", "SCHEDULE", "STATUS", "LAST", ">ROWS", "NEXT", "PROBLEM")
	encoder := json.NewEncoder(f.stdout)
	for c, err := range f.rows(ctx, filter) {
		if err != nil {
			return err
		}
		if asJSON {
			if encoder.Encode(c) != nil {
				return nil // the writer keeps the error, see output
			}
			continue
		}
		last, rows := "-", "-"
		if c.Last != nil {
			last, rows = c.Last.Ended.Local().Format(time.DateTime), report.Count(c.Last.Records)
		}
		table.Row(nameOf(c), report.Clean(c.Source), report.Clean(c.Destination), report.Clean(c.Schedule), string(c.Status), last, rows, nextOf(c), report.Clean(c.Problem))
	}
	if !asJSON {
		table.Write(f.stdout)
	}
	return nil
}

func nextOf(c api.Connection) string {
	switch {
	case c.Paused:
		return "paused"
	case c.Next.IsZero():
		return "-"
	}
	return c.Next.Local().Format(time.DateTime)
}
