// Package manifest reads Kubernetes' documents and changes them.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Doc is one document.
type Doc map[string]any

// Kind is what it is, or "".
func (d Doc) Kind() string { s, _ := d["kind"].(string); return s }

// Name is its name, or "".
func (d Doc) Name() string { return d.metadata("name") }

// Namespace is where it is, or "".
func (d Doc) Namespace() string { return d.metadata("namespace") }

func (d Doc) metadata(key string) string {
	meta, _ := d["metadata"].(map[string]any)
	s, _ := meta[key].(string)
	return s
}

// Parse reads all documents of a file that are not empty.
func Parse(data []byte) ([]Doc, error) {
	var docs []Doc
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var d map[string]any // not a Doc: the maps in it would be Docs, too
		err := decoder.Decode(&d)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parsing YAML: %w", err)
		}
		if len(d) > 0 {
			docs = append(docs, d)
		}
	}
}

// Read reads files, and all *.yaml, *.yml and *.json files in folders and below,
// in the order of their paths. "-" is standard input.
func Read(paths ...string) ([]Doc, error) {
	var docs []Doc
	for _, p := range paths {
		files, err := filesOf(p)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			data, err := readFile(file)
			if err != nil {
				return nil, fmt.Errorf("reading manifests: %w", err)
			}
			more, err := Parse(data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			docs = append(docs, more...)
		}
	}
	return docs, nil
}

func readFile(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

func filesOf(root string) ([]string, error) {
	info, err := os.Stat(root)
	if root == "-" || err == nil && !info.IsDir() {
		return []string{root}, nil
	}
	var files []string
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(p)) {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for manifests: %w", err)
	}
	return files, nil
}

// Encode is the documents as kubectl reads them.
func Encode(docs []Doc) ([]byte, error) {
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": docs}
	data, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encoding manifests: %w", err)
	}
	return data, nil
}

// Strings calls f with each string of the documents that begins with prefix, and
// puts what it returns in its place. Keys of maps are left as they are.
func Strings(docs []Doc, prefix string, f func(string) (string, error)) error {
	for _, d := range docs {
		if _, err := walk(map[string]any(d), prefix, f); err != nil {
			return err
		}
	}
	return nil
}

func walk(value any, prefix string, f func(string) (string, error)) (any, error) {
	var err error
	switch v := value.(type) {
	case string:
		if strings.HasPrefix(v, prefix) {
			return f(v)
		}
	case map[string]any:
		for key, item := range v {
			if v[key], err = walk(item, prefix, f); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, item := range v {
			if v[i], err = walk(item, prefix, f); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
