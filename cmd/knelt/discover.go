package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

type discoverOptions struct {
	chosenEnd
	remote
	json, force bool
	out         string
	diff        bool
}

func (c *cli) discoverCommand() *cobra.Command {
	var o discoverOptions
	var function string
	cmd := &cobra.Command{
		Use:     "discover [NAME]",
		Short:   "List the streams a source has, or how they changed, or write a Connection of them",
		Example: "  knelt discover -f shop.yaml shop\n  knelt discover -f shop.yaml shop -o connection.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			there := func(ctx context.Context, f *far) error { return f.discover(ctx, &o, first(args)) }
			return c.orFar(cmd, &o.remote, there, func() error {
				ctx, release := c.interruptible(cmd.Context())
				defer release()
				if function != "" {
					f, err := c.function(&o.remote, function, "knelt-discover")
					if err != nil {
						return err
					}
					return c.discoverByFunction(ctx, &o, f, first(args))
				}
				s, err := c.open(ctx, &o.location)
				return using(s, err, func(s *session) error { return c.discover(ctx, s, &o, first(args)) })
			})
		},
	}
	o.chosenEnd.flags(cmd)
	o.remote.flags(cmd)
	functionFlag(cmd, &function, discoverURL)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the catalog as it is")
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "write a Connection with every stream to this file (- prints it)")
	cmd.Flags().BoolVar(&o.force, "force", false, "let -o replace a file")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "tell how the streams differ from those of the connection's last sync")
	cmd.MarkFlagsMutuallyExclusive("json", "output")
	cmd.MarkFlagsMutuallyExclusive("diff", "output")
	cmd.MarkFlagsMutuallyExclusive("diff", "remote", "server")
	return cmd
}

func (c *cli) discover(ctx context.Context, s *session, o *discoverOptions, name string) error {
	source, err := o.sourceOf(documents(s.set), name)
	if err != nil {
		return err
	}
	end, err := document{source: source}.prepare(ctx, s.engine)
	if err != nil {
		return err
	}
	catalog, err := s.engine.Discover(ctx, end, c.log(o.verbose))
	if err != nil {
		return err
	}
	if o.diff {
		return c.showDiff(ctx, s, o, source, catalog)
	}
	return c.showCatalog(o, source.Metadata.Name, onlyDestination(s.set), catalog)
}

// onlyDestination gives the name of the destination if there is but one.
func onlyDestination(set *connection.Set) string {
	if len(set.Destinations) == 1 {
		for name := range set.Destinations {
			return name
		}
	}
	return ""
}

func (c *cli) showCatalog(o *discoverOptions, source, destination string, catalog airbyte.StreamCatalog) error {
	switch {
	case o.json:
		return c.printJSON(catalog)
	case o.out != "":
		return c.scaffold(o, source, destination, catalog)
	}
	streamTable(catalog).Write(c.stdout)
	return nil
}

// sourceOf gives the source to ask; without a name the only one there is.
func (o *discoverOptions) sourceOf(all []document, name string) (*connection.Source, error) {
	if name+o.source+o.destination == "" {
		all = slices.DeleteFunc(slices.Clone(all), func(d document) bool { return d.source == nil })
	}
	d, err := o.one(all, &o.remote, name)
	if err == nil && d.source == nil {
		return nil, usagef("%s: only sources are asked for their streams", d)
	}
	return d.source, err
}

// streamTable lists the streams of a catalog with what one has to know to choose.
func streamTable(catalog airbyte.StreamCatalog) *report.Table {
	table := report.NewTable("STREAM", "NAMESPACE", "SYNC MODES", "CURSOR", "PRIMARY KEY", "FIELDS")
	for _, s := range catalog.Streams {
		table.Row(report.Clean(s.Name), report.Clean(orDash(s.Namespace)), syncModes(s), cursor(s),
			report.Clean(keyText(s.SourceDefinedPrimaryKey)), report.Clean(fieldsText(s.JSONSchema)))
	}
	return table
}

// scaffold writes a Connection to a file that is not there yet.
func (c *cli) scaffold(o *discoverOptions, source, destination string, catalog airbyte.StreamCatalog) error {
	text, err := connection.Scaffold(source, destination, catalog)
	if err != nil {
		return err
	}
	if o.out == "-" {
		fmt.Fprintf(c.stdout, "%s", text)
		return nil
	}
	if err := writeNew(o.out, text, o.force); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "wrote %s with %s. Choose in it what is to move, then:\n  knelt sync%s\n",
		o.out, report.Plural(int64(len(catalog.Streams)), "stream"), o.wordsWith(o.out))
	return nil
}

func writeNew(path string, text []byte, replace bool) error {
	flags := os.O_CREATE | os.O_WRONLY | os.O_EXCL
	if replace {
		flags = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o644) //nolint:gosec // a Connection holds no secrets, and others may edit it
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already: name another file, or replace it by --force", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
