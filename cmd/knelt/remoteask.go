package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/connection"
)

// The variables that name the functions of a cluster.
const (
	checkURL    = "KNELT_CHECK_URL"
	discoverURL = "KNELT_DISCOVER_URL"
)

// functionFlag has a function of a cluster asked, which runs the connector in a
// pod, about the documents of the files.
func functionFlag(cmd *cobra.Command, function *string, variable string) {
	cmd.Flags().StringVar(function, "remote", "", "have the cluster's function at this URL, or "+inCluster+" by the kubeconfig, ask, with its secrets and in a pod (--remote alone: "+variable+")")
	cmd.Flags().Lookup("remote").NoOptDefVal = "$" + variable
	cmd.MarkFlagsMutuallyExclusive("remote", "server")
	cmd.MarkFlagsMutuallyExclusive("remote", "home")
}

// function gives the function that is named: by its URL, or in a cluster.
func (c *cli) function(r *remote, named, function string) (*client.Function, error) {
	if variable, is := strings.CutPrefix(named, "$"); is {
		switch named = c.getenv(variable); {
		case named == "" && r.given():
			named = inCluster
		case named == "":
			return nil, usagef("--remote names no URL, and %s is not set", variable)
		}
	}
	url, way, err := r.way(named, function)
	if err != nil {
		return nil, err
	}
	f, err := client.NewFunction(url)
	if err != nil {
		return nil, usagef("%v", err)
	}
	if way != nil {
		f = f.Through(way)
	}
	return f, nil
}

// whole gives the document as it is sent.
func (d document) whole() any {
	if d.source != nil {
		return d.source
	}
	return d.destination
}

func (c *cli) checkByFunction(ctx context.Context, o *chosenEnd, f *client.Function, name string) error {
	set, err := o.load()
	if err != nil {
		return err
	}
	chosen, err := o.choose(set, name)
	if err != nil {
		return err
	}
	var all []checking
	for _, d := range chosen {
		all = append(all, checking{d.String(), func(ctx context.Context) (*airbyte.ConnectionStatusResult, error) {
			a, err := f.Check(ctx, d.whole())
			return &airbyte.ConnectionStatusResult{Status: a.Status, Message: a.Message}, err
		}})
	}
	return c.check(ctx, all)
}

func (c *cli) discoverByFunction(ctx context.Context, o *discoverOptions, f *client.Function, name string) error {
	set, err := o.load()
	if err != nil {
		return err
	}
	source, err := o.sourceOf(set, name)
	if err != nil {
		return err
	}
	catalog, err := f.Discover(ctx, source)
	if err != nil {
		return err
	}
	return c.showCatalog(o, source.Metadata.Name, onlyDestination(set), catalog)
}

// resources gives the server's sources and destinations that are meant, as
// chosenEnd.choose does for files.
func (f *far) resources(ctx context.Context, o *chosenEnd, name string) ([]api.ResourceName, error) {
	set := &connection.Set{Sources: map[string]*connection.Source{}, Destinations: map[string]*connection.Destination{}}
	namespaces := map[string]string{}
	for r, err := range f.Sources(ctx) {
		if err != nil {
			return nil, err
		}
		set.Sources[r.Name], namespaces["source/"+r.Name] = &connection.Source{Metadata: connection.Metadata{Name: r.Name}}, r.Namespace
	}
	for r, err := range f.Destinations(ctx) {
		if err != nil {
			return nil, err
		}
		set.Destinations[r.Name], namespaces["destination/"+r.Name] = &connection.Destination{Metadata: connection.Metadata{Name: r.Name}}, r.Namespace
	}
	chosen, err := o.choose(set, name)
	if err != nil {
		return nil, err
	}
	var all []api.ResourceName
	for _, d := range chosen {
		kind, name, _ := strings.Cut(d.String(), "/")
		all = append(all, api.ResourceName{Kind: strings.ToUpper(kind[:1]) + kind[1:], Namespace: namespaces[d.String()], Name: name})
	}
	return all, nil
}

func (f *far) check(ctx context.Context, o *chosenEnd, name string) error {
	chosen, err := f.resources(ctx, o, name)
	if err != nil {
		return err
	}
	var all []checking
	for _, r := range chosen {
		all = append(all, checking{strings.ToLower(r.Kind) + "/" + r.Name, func(ctx context.Context) (*airbyte.ConnectionStatusResult, error) {
			a, err := f.Check(ctx, api.Question{Resource: &r})
			return &airbyte.ConnectionStatusResult{Status: a.Status, Message: a.Message}, err
		}})
	}
	return f.cli.check(ctx, all)
}

func (f *far) discover(ctx context.Context, o *discoverOptions, name string) error {
	all, err := f.resources(ctx, &o.chosenEnd, name)
	if err != nil {
		return err
	}
	sources := slices.DeleteFunc(all, func(r api.ResourceName) bool { return r.Kind != connection.KindSource })
	switch len(sources) {
	case 0:
		return errors.New("the server has no such source")
	case 1:
	default:
		return usagef("name one of the server's sources, such as %s or %s", sources[0].Name, sources[1].Name)
	}
	catalog, err := f.Discover(ctx, api.Question{Resource: &sources[0]})
	if err != nil {
		return err
	}
	return f.showCatalog(o, sources[0].Name, "", catalog)
}
