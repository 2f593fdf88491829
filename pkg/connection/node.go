package connection

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

const (
	// maxDepth bounds nesting; an anchor that contains itself ends here too.
	maxDepth = 100
	// maxFile bounds a file.
	maxFile = 8 << 20
	// maxNodes bounds the values of a file, those behind an alias counted each
	// time it is used: an alias bomb ends here.
	maxNodes = 200_000
	// maxExpanded bounds the bytes of the same.
	maxExpanded = 3 * maxFile
)

// reader reads the documents of one file and gathers their problems.
type reader struct {
	file     string
	problems []Problem
	// document is the number of problems before the document being read.
	document int
	// lines is the place of every field of the document being read.
	lines fieldLines
	// nodes and expanded count the values and their bytes, those behind aliases
	// each time.
	nodes, expanded int
	// gaveUp is set when reading on would take forever.
	gaveUp bool
}

// report adds a problem of the field at n.
func (r *reader) report(line int, field, message, hint string) {
	r.problems = append(r.problems, Problem{Origin{File: r.file, Line: line}, field, message, hint})
}

// enter follows aliases to the node that n stands for and notes the place of
// its field. It gives nil where reading must stop.
func (r *reader) enter(n *yaml.Node, field string, depth int) *yaml.Node {
	if _, known := r.lines[field]; !known {
		r.lines[field] = n.Line
	}
	return r.follow(n, depth)
}

// follow gives the node that n stands for and counts it.
func (r *reader) follow(n *yaml.Node, depth int) *yaml.Node {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	r.nodes++
	r.expanded += len(n.Value)
	if r.gaveUp {
		return nil
	}
	if depth > maxDepth {
		r.gaveUp = true
		r.report(line, "", fmt.Sprintf("nested deeper than %d levels", maxDepth), "does an anchor (&name) contain its own alias (*name)?")
		return nil
	}
	if r.nodes > maxNodes || r.expanded > maxExpanded {
		r.gaveUp = true
		r.report(line, "", fmt.Sprintf("more than %d values or %d MiB in one file, those behind aliases (*name) counted each time", maxNodes, maxExpanded>>20),
			"use fewer aliases, or several files")
		return nil
	}
	return n
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	line  int
	value *yaml.Node
	// merged tells that it came by a merge key (<<) and gives way to others.
	merged bool
}

// entries lists the keys of a mapping in their order, those of merge keys
// last: explicit keys win over merged ones, earlier merged ones over later.
func (r *reader) entries(n *yaml.Node, field string, depth int) []entry {
	var own, merged []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, r.mergedEntries(value, field, depth+1)...)
			continue
		}
		name, ok := r.keyName(key, field)
		if !ok {
			continue
		}
		if first, twice := seen[name]; twice {
			r.report(key.Line, childField(field, name), fmt.Sprintf("the key is there twice, first in line %d", first), "remove one of the two")
			continue
		}
		seen[name] = key.Line
		own = append(own, entry{key: name, line: key.Line, value: value})
	}
	return appendMerged(own, merged)
}

func appendMerged(own, merged []entry) []entry {
	if len(merged) == 0 {
		return own
	}
	seen := make(map[string]bool, len(own))
	for _, e := range own {
		seen[e.key] = true
	}
	for _, e := range merged {
		if !seen[e.key] {
			seen[e.key] = true
			e.merged = true
			own = append(own, e)
		}
	}
	return own
}

// keyName gives the text of a key. Keys that YAML takes for numbers, booleans
// or null are refused, since another reader would call them differently.
func (r *reader) keyName(key *yaml.Node, field string) (string, bool) {
	n := r.follow(key, 0)
	if n == nil {
		return "", false
	}
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!str" || n.ShortTag() == "!!timestamp") {
		return n.Value, true
	}
	r.report(key.Line, field, "a key is "+describe(n)+", not a string", "put the key in quotes")
	return "", false
}

// mergedEntries lists what a merge key brings in: a mapping or a list of them.
func (r *reader) mergedEntries(value *yaml.Node, field string, depth int) []entry {
	n := r.follow(value, depth)
	if n == nil {
		return nil
	}
	var all []entry
	switch n.Kind {
	case yaml.MappingNode:
		return r.entries(n, field, depth)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			all = append(all, r.mergedEntries(item, field, depth+1)...)
		}
	default:
		r.report(value.Line, field, "the merge key << is given "+describe(n)+", not a mapping", "give it an alias of a mapping: <<: *name")
	}
	return all
}

// describe names what a node holds, never its text.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty (null)"
	case "!!bool":
		return "a boolean"
	case "!!int", "!!float":
		return "a number"
	case "!!str", "!!timestamp":
		return "a string"
	}
	return "a value with a tag of its own"
}
