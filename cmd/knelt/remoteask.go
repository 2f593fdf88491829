package main

import (
	"context"
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

func (c *cli) checkByFunction(ctx context.Context, o *chosenEnd, r *remote, f *client.Function, name string) error {
	set, err := o.load()
	if err != nil {
		return err
	}
	chosen, err := o.choose(documents(set), r, name)
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
	source, err := o.sourceOf(documents(set), name)
	if err != nil {
		return err
	}
	catalog, err := f.Discover(ctx, source)
	if err != nil {
		return err
	}
	return c.showCatalog(o, source.Metadata.Name, onlyDestination(set), catalog)
}

// documents gives the server's sources and destinations, by their names alone.
func (f *far) documents(ctx context.Context) ([]document, error) {
	var all []document
	for r, err := range f.Sources(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, document{source: &connection.Source{Metadata: metadataOf(r)}})
	}
	for r, err := range f.Destinations(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, document{destination: &connection.Destination{Metadata: metadataOf(r)}})
	}
	return all, nil
}

func metadataOf(r api.Resource) connection.Metadata {
	return connection.Metadata{Namespace: r.Namespace, Name: r.Name}
}

// resource is how a server is told which document is meant.
func (d document) resource() *api.ResourceName {
	m := d.metadata()
	return &api.ResourceName{Kind: d.kind(), Namespace: m.Namespace, Name: m.Name}
}

func (f *far) check(ctx context.Context, o *chosenEnd, name string) error {
	documents, err := f.documents(ctx)
	if err != nil {
		return err
	}
	chosen, err := o.choose(documents, f.remote, name)
	if err != nil {
		return err
	}
	var all []checking
	for _, d := range chosen {
		all = append(all, checking{d.String(), func(ctx context.Context) (*airbyte.ConnectionStatusResult, error) {
			a, err := f.Check(ctx, api.Question{Resource: d.resource()})
			return &airbyte.ConnectionStatusResult{Status: a.Status, Message: a.Message}, err
		}})
	}
	return f.cli.check(ctx, all)
}

func (f *far) discover(ctx context.Context, o *discoverOptions, name string) error {
	if o.diff {
		return usagef("--diff compares with the last sync of a home: a server shows the change of a schema with its connection")
	}
	documents, err := f.documents(ctx)
	if err != nil {
		return err
	}
	source, err := o.sourceOf(documents, name)
	if err != nil {
		return err
	}
	catalog, err := f.Discover(ctx, api.Question{Resource: document{source: source}.resource()})
	if err != nil {
		return err
	}
	return f.showCatalog(o, source.Metadata.Name, "", catalog)
}
