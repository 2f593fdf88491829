package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/synclog"
)

// chosenEnd says which source or destination a command is for.
type chosenEnd struct {
	location
	source, destination string
	verbose             bool
}

func (o *chosenEnd) flags(cmd *cobra.Command) {
	o.location.flags(cmd)
	cmd.Flags().StringVar(&o.source, "source", "", "the Source of this name")
	cmd.Flags().StringVar(&o.destination, "destination", "", "the Destination of this name")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "show all that the connector logs, not errors alone")
	cmd.MarkFlagsMutuallyExclusive("source", "destination")
}

// document is a Source or a Destination; one of them is nil.
type document struct {
	source      *connection.Source
	destination *connection.Destination
}

func (d document) metadata() connection.Metadata {
	if d.source != nil {
		return d.source.Metadata
	}
	return d.destination.Metadata
}

func (d document) kind() string {
	if d.source != nil {
		return connection.KindSource
	}
	return connection.KindDestination
}

// String gives source/NAME or source/NAMESPACE/NAME, or of a destination the same.
func (d document) String() string { return strings.ToLower(d.kind()) + "/" + d.metadata().Key() }

// named tells whether a name may mean it: NAME, NAMESPACE/NAME, or NAMESPACE/ for
// all of a namespace.
func (d document) named(name string) bool {
	namespace, bare, qualified := strings.Cut(name, "/")
	if !qualified {
		return name == "" || d.metadata().Name == name
	}
	return connection.InNamespace(d.metadata().Key(), namespace) && (bare == "" || d.metadata().Name == bare)
}

// documents gives all sources and destinations, in the order of their names.
func documents(set *connection.Set) []document {
	var all []document
	for _, name := range slices.Sorted(maps.Keys(set.Sources)) {
		all = append(all, document{source: set.Sources[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(set.Destinations)) {
		all = append(all, document{destination: set.Destinations[name]})
	}
	return all
}

// choose gives the documents that a command is for: those of the name given as an
// argument or by a flag, or all; r has the namespace of what is named without one.
func (o *chosenEnd) choose(all []document, r *remote, name string) ([]document, error) {
	kind := ""
	switch {
	case name != "" && o.source+o.destination != "":
		return nil, usagef("name it once: %s, or by --source or --destination", name)
	case o.source != "":
		kind, name = connection.KindSource, o.source
	case o.destination != "":
		kind, name = connection.KindDestination, o.destination
	}
	wanted := r.in(name)
	found := slices.DeleteFunc(slices.Clone(all), func(d document) bool { return kind != "" && d.kind() != kind || !d.named(wanted) })
	switch {
	case len(found) == 0 && wanted != "":
		return nil, usagef("no source or destination %q; there are: %s", wanted, names(all))
	case len(found) == 0:
		return nil, usagef("there is no Source and no Destination")
	case name != "" && len(found) > 1 && found[0].metadata().Key() == found[len(found)-1].metadata().Key():
		return nil, usagef("%q is a source and a destination: say --source %s or --destination %s", name, name, name)
	case name != "" && len(found) > 1:
		return nil, usagef("several are named %q: say which, with its namespace: %s", name, names(found))
	}
	return found, nil
}

// one is choose for commands that are for exactly one.
func (o *chosenEnd) one(all []document, r *remote, name string) (document, error) {
	found, err := o.choose(all, r, name)
	if err != nil {
		return document{}, err
	}
	if len(found) > 1 {
		return document{}, usagef("name one of: %s", names(found))
	}
	return found[0], nil
}

func names(all []document) string {
	if len(all) == 0 {
		return "none"
	}
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = d.String()
	}
	return strings.Join(texts, ", ")
}

// prepare makes it ready to be asked. What it holds is secret.
func (d document) prepare(ctx context.Context, e *engine.Engine) (*engine.End, error) {
	redactor := connection.NewRedactor()
	if d.source != nil {
		return e.Source(ctx, d.source, redactor)
	}
	return e.Destination(ctx, d.destination, redactor)
}

// log shows what a connector logs while it is asked.
func (c *cli) log(verbose bool) engine.LogFunc {
	return func(line replication.LogLine) {
		level := synclog.ParseLevel(line.Level)
		if verbose || level == synclog.Error || level == synclog.Fatal {
			fmt.Fprintln(c.stderr, logText(level, string(line.Message)))
		}
	}
}
