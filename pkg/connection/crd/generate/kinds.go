package main

import (
	"reflect"
	"strings"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connection/crd"
)

// kind is one definition.
type kind struct {
	name, plural, short string
	description         string
	spec, status        reflect.Type
	columns             []object
	selectable          []string
}

var kinds = []kind{
	{
		name: connection.KindSource, plural: "sources", short: "src",
		description: "A Source says where data comes from: a connector that reads, and its config. " +
			"`kubectl get src` lists them; the word sources is a category of Knative's, too.",
		spec: reflect.TypeFor[connection.SourceSpec](), status: reflect.TypeFor[crd.EndStatus](),
		columns: endColumns,
	},
	{
		name: connection.KindDestination, plural: "destinations", short: "dst",
		description: "A Destination says where data goes: a connector that writes, and its config.",
		spec:        reflect.TypeFor[connection.DestinationSpec](), status: reflect.TypeFor[crd.EndStatus](),
		columns: endColumns,
	},
	{
		name: connection.KindConnection, plural: "connections", short: "conn",
		description: "A Connection says what moves from a Source to a Destination of its namespace, how, and when. " +
			"A change counts from the next sync on.",
		spec: reflect.TypeFor[connection.ConnectionSpec](), status: reflect.TypeFor[crd.ConnectionStatus](),
		columns: []object{
			column("Source", ".spec.source", "string", "the name of the Source"),
			column("Destination", ".spec.destination", "string", "the name of the Destination"),
			column("Schedule", ".status.schedule", "string", "when it is synced by itself"),
			column("Last Sync", ".status.lastSync.started", "date", "how long ago the newest sync began"),
			column("Status", ".status.lastSync.status", "string", "how it ended, or running"),
			column("Rows", ".status.lastSync.records", "integer", "the rows that it moved"),
			// Of a date kubectl shows how long ago it was, which the future never was.
			column("Next", ".status.next", "string", "when it is synced next"),
			column("Ready", readyPath+".status", "string", "whether it can be synced"),
			wide(column("Reason", readyPath+".reason", "string", "why it cannot")),
			wide(column("Age", ".metadata.creationTimestamp", "date", "how old the object is")),
		},
		selectable: []string{".spec.source", ".spec.destination"},
	},
}

const readyPath = `.status.conditions[?(@.type=="Ready")]`

var endColumns = []object{
	column("Image", ".spec.connector.image", "string", "the connector's image"),
	column("Ready", readyPath+".status", "string", "whether it can be used"),
	column("Reason", readyPath+".reason", "string", "why it cannot"),
	column("Age", ".metadata.creationTimestamp", "date", "how old the object is"),
}

func column(name, path, typ, description string) object {
	return object{"name": name, "jsonPath": path, "type": typ, "description": description}
}

func wide(c object) object {
	c["priority"] = 1
	return c
}

// definition gives the CustomResourceDefinition.
func (k kind) definition(g generator) object {
	version := object{
		"name": "v1alpha1", "served": true, "storage": true,
		"subresources":             object{"status": object{}},
		"additionalPrinterColumns": k.columns,
		"schema":                   object{"openAPIV3Schema": k.schema(g)},
	}
	if len(k.selectable) > 0 {
		fields := []object{}
		for _, path := range k.selectable {
			fields = append(fields, object{"jsonPath": path})
		}
		version["selectableFields"] = fields
	}
	const group = "knelt.dev"
	return object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": object{"name": k.plural + "." + group, "labels": object{"app.kubernetes.io/part-of": "knelt"}},
		"spec": object{
			"group": group, "scope": "Namespaced",
			"names": object{
				"kind": k.name, "listKind": k.name + "List", "plural": k.plural, "singular": singular(k.name),
				"shortNames": []string{k.short}, "categories": []string{"knelt"},
			},
			"versions": []object{version},
		},
	}
}

func singular(kind string) string { return string(kind[0]+'a'-'A') + kind[1:] }

func (k kind) schema(g generator) object {
	spec, status := g.schema(k.spec), g.schema(k.status)
	spec["description"] = strings.Replace(g.comments.types[k.spec.Name()], k.spec.Name(), "spec", 1)
	status["description"] = "What Knelt says of it. It is written by Knelt alone."
	return object{
		"type": "object", "description": k.description, "required": []string{"spec"},
		"properties": object{
			"apiVersion": object{"type": "string", "description": "Always " + connection.APIVersion + "."},
			"kind":       object{"type": "string", "description": "Always " + k.name + "."},
			"metadata":   object{"type": "object"},
			"spec":       spec, "status": status,
		},
	}
}
