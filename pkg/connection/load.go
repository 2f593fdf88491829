package connection

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads Sources, Destinations and Connections from files, folders and, for
// "-", the standard input; completes them with their defaults and checks each.
// A file is YAML or JSON and holds any number of documents. Of a folder, the
// files directly in it that end in .yaml, .yml or .json are read, in the order
// of their names, without hidden ones; a file named twice is read once.
//
// The error is a *Problems with everything that is wrong in all of them. What
// documents say of each other is looked up by the Set's methods, so that a
// Connection can be read without its Source.
func Load(paths ...string) (*Set, error) { return load(os.Stdin, paths) }

func load(stdin io.Reader, paths []string) (*Set, error) {
	l := newLoader(stdin)
	if len(paths) == 0 {
		l.fail("", "no file to read", "name a file or a folder (-f FILE-OR-FOLDER)")
	}
	for _, path := range paths {
		l.readPath(path)
	}
	return l.result()
}

// Read is Load for text that is no file, YAML or JSON; name stands for the file
// in problems.
func Read(name string, text []byte) (*Set, error) {
	l := newLoader(nil)
	l.readDocuments(name, text)
	return l.result()
}

// ReadObject is Read for one document that is an object of a cluster, as JSON.
// Problems and origins have name, such as "Connection shop/orders", and no line.
func ReadObject(name string, object []byte) (*Set, error) {
	set, err := Read(name, object)
	var found *Problems
	if errors.As(err, &found) {
		for i := range found.List {
			found.List[i].Origin = Origin{File: name}
		}
		return nil, problems(found.List)
	}
	if err != nil {
		return nil, err
	}
	set.place(Origin{File: name})
	return set, nil
}

// place gives every document another origin.
func (s *Set) place(o Origin) {
	for _, doc := range s.Sources {
		doc.Origin = o
	}
	for _, doc := range s.Destinations {
		doc.Origin = o
	}
	for _, doc := range s.Connections {
		doc.Origin = o
	}
}

func newLoader(stdin io.Reader) *loader {
	return &loader{
		stdin: stdin,
		seen:  map[string]Origin{},
		set: &Set{
			Sources:      map[string]*Source{},
			Destinations: map[string]*Destination{},
			Connections:  map[string]*Connection{},
		},
	}
}

func (l *loader) result() (*Set, error) {
	if err := problems(l.problems); err != nil {
		return nil, err
	}
	return l.set, nil
}

type loader struct {
	stdin    io.Reader
	set      *Set
	problems []Problem
	// seen is where each kind and name was met first.
	seen map[string]Origin
	// broken are the documents with problems.
	broken []Broken
	// read are the files that were read.
	read []fs.FileInfo
}

// fail reports a problem of a whole file.
func (l *loader) fail(path, message, hint string) {
	if path != "" {
		message = path + ": " + message
	}
	l.problems = append(l.problems, Problem{Message: message, Hint: hint})
}

func (l *loader) readPath(path string) {
	if path == "-" {
		l.readStream(Stdin, l.stdin)
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.fail(path, "cannot be read: "+cause(err), "")
	case info.IsDir():
		l.readFolder(path)
	default:
		l.readFile(path)
	}
}

func (l *loader) readFolder(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		l.fail(folder, "cannot be read: "+cause(err), "")
		return
	}
	found := false
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if !documentName(e.Name()) {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			continue
		}
		found = true
		l.readFile(path)
	}
	if !found {
		l.fail(folder, "holds no file that ends in .yaml, .yml or .json", "subfolders are not read")
	}
}

func documentName(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func (l *loader) readFile(path string) {
	f, err := os.Open(path)
	if err != nil {
		l.fail(path, "cannot be read: "+cause(err), "")
		return
	}
	defer f.Close() //nolint:errcheck // read only: nothing can be lost
	info, err := f.Stat()
	if err != nil {
		l.fail(path, "cannot be read: "+cause(err), "")
		return
	}
	for _, known := range l.read {
		if os.SameFile(known, info) {
			return
		}
	}
	l.read = append(l.read, info)
	l.readStream(path, f)
}

func (l *loader) readStream(name string, in io.Reader) {
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		l.fail(name, "cannot be read: "+cause(err), "")
	case len(text) > maxFile:
		l.fail(name, fmt.Sprintf("is larger than %d MiB", maxFile>>20), "is it a file of documents at all?")
	default:
		l.readDocuments(name, text)
	}
}

func (l *loader) readDocuments(name string, text []byte) {
	r := &reader{file: name}
	defer func() { l.problems = append(l.problems, r.problems...) }()
	decoder := yaml.NewDecoder(bytes.NewReader(jsonAsYAML(text)))
	for found := false; ; {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			if !found {
				r.report(1, "", "holds no document", "write a Source, a Destination or a Connection into it, or remove the file")
			}
			return
		}
		if err != nil {
			r.reportSyntax(text, err)
			return
		}
		if len(doc.Content) == 0 || isBlank(doc.Content[0]) {
			continue
		}
		found = true
		l.readDocument(r, doc.Content[0])
	}
}

// isBlank tells whether a document holds nothing but comments.
func isBlank(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && n.Value == ""
}

// cause gives the reason of a file error without the path, which is named
// beside it.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
