package imports

import (
	"fmt"
	"slices"
)

// Check tells what is wrong with the packages a rule speaks of.
type Check interface {
	Violations(subject Graph) []string
}

// LinksOnlyStandard wants no dependency beyond the standard library and our own
// packages that hold themselves to the same.
type LinksOnlyStandard struct{}

// Violations names each package's first foreign dependency.
func (LinksOnlyStandard) Violations(subject Graph) []string {
	var bad []string
	for _, p := range subject {
		foreign := func(d string) bool { return !standard(d) && !ours(d) }
		if i := slices.IndexFunc(p.Deps, foreign); i >= 0 {
			bad = append(bad, fmt.Sprintf("%s links %s", p.ImportPath, p.Deps[i]))
		}
	}
	return bad
}

// LinksNone wants no direct or indirect dependency on the patterns.
type LinksNone []string

// Violations names each forbidden dependency.
func (forbidden LinksNone) Violations(subject Graph) []string {
	var bad []string
	for _, p := range subject {
		for _, pattern := range forbidden {
			hit := func(d string) bool { return match(pattern, d) }
			if i := slices.IndexFunc(p.Deps, hit); i >= 0 {
				bad = append(bad, fmt.Sprintf("%s links %s", p.ImportPath, p.Deps[i]))
			}
		}
	}
	return bad
}

// OnlyIn wants a library imported directly by the named packages alone, and by
// at least one of them.
type OnlyIn struct {
	Library string
	Homes   []string
}

// Violations names each import from elsewhere.
func (o OnlyIn) Violations(subject Graph) []string {
	var bad []string
	home := false
	for _, p := range subject {
		hit := func(d string) bool { return match(o.Library, d) }
		switch i := slices.IndexFunc(p.Imports, hit); {
		case i < 0:
		case matchAny(o.Homes, p.ImportPath):
			home = true
		default:
			bad = append(bad, fmt.Sprintf("%s imports %s, which only %v may", p.ImportPath, p.Imports[i], o.Homes))
		}
	}
	if !home {
		bad = append(bad, fmt.Sprintf("nobody in %v imports %s: the rule protects nothing", o.Homes, o.Library))
	}
	return bad
}

// OfOurs wants no package of this module imported but those named.
type OfOurs []string

// Violations names each other import.
func (allowed OfOurs) Violations(subject Graph) []string {
	var bad []string
	for _, p := range subject {
		for _, d := range p.Imports {
			if ours(d) && !matchAny(allowed, d) {
				bad = append(bad, fmt.Sprintf("%s imports %s; of ours it may import %v", p.ImportPath, d, []string(allowed)))
			}
		}
	}
	return bad
}

// Broken gives what a rule finds wrong with a module.
func (r Rule) Broken(g Graph) []string {
	subject := g.Within(r.Subject)
	switch {
	case r.Waits && len(subject) > 0:
		return []string{fmt.Sprintf("%s has Go code now: the rule need not wait any more", r.Subject)}
	case r.Waits:
		return nil
	case len(subject) == 0:
		return []string{fmt.Sprintf("%s matches no package: the rule protects nothing", r.Subject)}
	}
	return r.Check.Violations(subject)
}

// UpwardImports gives the imports that break the order of layers.
func UpwardImports(g Graph, layers [][]string) []string {
	var bad []string
	for _, p := range g {
		level, row := layerOf(p.ImportPath, layers)
		if level < 0 {
			bad = append(bad, fmt.Sprintf("%s is in no layer: say in Layers where it belongs", p.ImportPath))
			continue
		}
		for _, d := range p.Imports {
			if !ours(d) {
				continue
			}
			if below, theirs := layerOf(d, layers); theirs != row && below >= level {
				bad = append(bad, fmt.Sprintf("%s (layer %d) imports %s (layer %d)", p.ImportPath, level, d, below))
			}
		}
	}
	return bad
}

// layerOf finds the row of a package: the longest that matches, so that one
// folder may stand higher than those beside it.
func layerOf(path string, layers [][]string) (level int, row string) {
	level = -1
	for l, rows := range layers {
		for _, r := range rows {
			if match(r, path) && len(r) > len(row) {
				level, row = l, r
			}
		}
	}
	return level, row
}
