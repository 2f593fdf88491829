package connection

import "slices"

// Each is what LoadEach read.
type Each struct {
	// Set has the documents with which nothing is wrong.
	Set *Set
	// Broken are the others.
	Broken []Broken
}

// Broken is a document with which something is wrong.
type Broken struct {
	Kind     string
	Metadata Metadata
	// Problems are what is wrong, at least one.
	Problems *Problems
}

// LoadEach is Load for those who go on with what is right: what is wrong with
// one document stops that one alone. The error is a *Problems with what belongs
// to no document: a file that cannot be read, a mistake in its syntax, a
// document without a name or kind. Then documents may be missing.
func LoadEach(paths ...string) (*Each, error) {
	l := newLoader(nil)
	for _, path := range paths {
		l.readPath(path)
	}
	each := &Each{Set: l.set, Broken: l.broken}
	loose := l.problems
	for _, b := range l.broken {
		loose = slices.DeleteFunc(loose, func(p Problem) bool { return slices.Contains(b.Problems.List, p) })
		l.set.remove(b.Kind, b.Metadata.Name)
	}
	if err := problems(loose); err != nil {
		return nil, err
	}
	return each, nil
}

// note keeps which document has problems.
func (l *loader) note(r *reader, kind string, m Metadata) {
	if found := r.problems[r.document:]; len(found) > 0 && m.Name != "" {
		own := slices.Clone(found)
		sortProblems(own)
		l.broken = append(l.broken, Broken{kind, m, &Problems{List: slices.Compact(own)}})
	}
}

func (s *Set) remove(kind, name string) {
	switch kind {
	case KindSource:
		delete(s.Sources, name)
	case KindDestination:
		delete(s.Destinations, name)
	case KindConnection:
		delete(s.Connections, name)
	}
}
