package connection

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ignoredField tells whether a field is one that `kubectl get -o yaml` adds
// and that says nothing about what the user wants.
func ignoredField(field string) bool {
	switch field {
	case "status", "metadata.creationTimestamp", "metadata.resourceVersion", "metadata.uid",
		"metadata.generation", "metadata.managedFields", "metadata.ownerReferences",
		"metadata.finalizers", "metadata.selfLink", "metadata.generateName",
		"metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds":
		return true
	}
	return false
}

// readDocument reads one document into the set, or each item of a
// Kubernetes List.
func (l *loader) readDocument(r *reader, root *yaml.Node) {
	r.lines = fieldLines{}
	n := r.enter(root, "", 0)
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.report(root.Line, "", "a document must be a mapping, is "+describe(n), "start it with apiVersion: "+APIVersion)
		return
	}
	head := r.header(n)
	if head.kind == "List" && head.apiVersion == "v1" {
		l.readList(r, n)
		return
	}
	if !r.checkHeader(root, head) {
		return
	}
	l.readKind(r, root, head.kind)
}

func (l *loader) readList(r *reader, n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "items" || n.Content[i+1].Kind != yaml.SequenceNode {
			continue
		}
		for _, item := range n.Content[i+1].Content {
			l.readDocument(r, item)
		}
		return
	}
	r.report(n.Line, "items", "missing in a List", "")
}

// header is what tells of which kind a document is.
type header struct {
	apiVersion, kind         string
	apiVersionLine, kindLine int
}

func (r *reader) header(n *yaml.Node) header {
	var h header
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode:
		case key.Value == "apiVersion":
			h.apiVersion, h.apiVersionLine = value.Value, key.Line
		case key.Value == "kind":
			h.kind, h.kindLine = value.Value, key.Line
		}
	}
	return h
}

// checkHeader reports a missing or unknown apiVersion and kind, and tells
// whether the rest of the document can be read.
func (r *reader) checkHeader(root *yaml.Node, h header) bool {
	kinds := []string{KindSource, KindDestination, KindConnection}
	switch h.apiVersion {
	case APIVersion:
	case "":
		r.report(root.Line, "apiVersion", "missing", fmt.Sprintf("write apiVersion: %s", APIVersion))
	default:
		r.report(h.apiVersionLine, "apiVersion", "unknown version "+excerpt(h.apiVersion), versionHint(h.apiVersion))
	}
	switch h.kind {
	case KindSource, KindDestination, KindConnection:
		return true
	case "":
		r.report(root.Line, "kind", "missing", "write kind: Source, Destination or Connection")
	default:
		r.report(h.kindLine, "kind", "unknown kind "+excerpt(h.kind), didYouMean(h.kind, kinds))
	}
	return false
}

func versionHint(version string) string {
	group, _, _ := strings.Cut(APIVersion, "/")
	if strings.HasPrefix(version, group+"/") {
		return fmt.Sprintf("this release reads %s only", APIVersion)
	}
	return didYouMean(version, []string{APIVersion})
}

// readKind decodes, completes and checks a document and puts it into the set.
func (l *loader) readKind(r *reader, root *yaml.Node, kind string) {
	r.document = len(r.problems)
	lines := r.lines
	origin := Origin{File: r.file, Line: root.Line, fields: &lines}
	switch kind {
	case KindSource:
		readInto(l, r, root, &Source{Origin: origin}, l.set.Sources)
	case KindDestination:
		readInto(l, r, root, &Destination{Origin: origin}, l.set.Destinations)
	case KindConnection:
		readInto(l, r, root, &Connection{Origin: origin}, l.set.Connections)
	}
}

// document is what the three kinds have in common.
type document[T any] interface {
	*T
	Default()
	check(*reader)
	head() (kind string, metadata Metadata, origin Origin)
}

func readInto[T any, D document[T]](l *loader, r *reader, root *yaml.Node, doc D, set map[string]*T) {
	r.decode(root, "", reflect.ValueOf(doc).Elem(), 0)
	if r.gaveUp {
		return
	}
	doc.Default()
	doc.check(r)
	kind, metadata, origin := doc.head()
	if l.firstOf(r, origin, kind, metadata.Name) {
		set[metadata.Name] = doc
	}
	l.note(r, kind, metadata)
}

func (s *Source) head() (kind string, metadata Metadata, origin Origin) {
	return KindSource, s.Metadata, s.Origin
}

func (d *Destination) head() (kind string, metadata Metadata, origin Origin) {
	return KindDestination, d.Metadata, d.Origin
}

func (c *Connection) head() (kind string, metadata Metadata, origin Origin) {
	return KindConnection, c.Metadata, c.Origin
}

// firstOf reports a second document of one kind and name.
func (l *loader) firstOf(r *reader, origin Origin, kind, name string) bool {
	if name == "" {
		return true
	}
	id := kind + "/" + name
	if first, twice := l.seen[id]; twice {
		at := origin.At("metadata.name")
		r.report(at.Line, "metadata.name", fmt.Sprintf("%s %q is already defined at %s", kind, name, first), "rename one of the two, or remove it")
		return false
	}
	l.seen[id] = origin.At("metadata.name")
	return true
}
