package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/connection"
)

// location is where the documents are and where state and logs are kept.
type location struct {
	files []string
	home  string
}

// defaultFile is read when no -f is given and it is there.
const defaultFile = "knelt.yaml"

func (l *location) flags(cmd *cobra.Command) {
	l.filesFlag(cmd)
	cmd.Flags().StringVar(&l.home, "home", "", "folder of state and logs (default KNELT_HOME, or .knelt beside the file)")
}

// filesFlag is called as in kubectl.
func (l *location) filesFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&l.files, "filename", "f", nil,
		"file or folder with Sources, Destinations and Connections, - for stdin; may be repeated (default knelt.yaml, or the current folder)")
}

// load reads the documents.
func (l *location) load() (*connection.Set, error) {
	files, err := l.paths()
	if err != nil {
		return nil, err
	}
	return connection.Load(files...)
}

func (l *location) paths() ([]string, error) {
	if len(l.files) > 0 {
		return l.files, nil
	}
	if _, err := os.Stat(defaultFile); err == nil {
		return []string{defaultFile}, nil
	}
	if found := documentFiles("."); len(found) > 0 {
		return found, nil
	}
	return nil, usagef("no documents: name a file or a folder with -f (there is no %s, and no file of apiVersion %s in the current folder)",
		defaultFile, connection.APIVersion)
}

// documentFiles gives the files directly in the folder that mention our
// apiVersion. A folder that the user names is read whole, so that no file with a
// mistake in it is passed over; one that was not named may hold other YAML.
func documentFiles(folder string) []string {
	var found []string
	for _, pattern := range []string{"*.json", "*.yaml", "*.yml"} {
		names, _ := filepath.Glob(filepath.Join(folder, pattern)) // the patterns are well formed
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err == nil && bytes.Contains(text, []byte(connection.APIVersion)) {
				found = append(found, name)
			}
		}
	}
	return found
}

// homeDir gives the absolute folder of state and logs.
func (l *location) homeDir(getenv func(string) string) (string, error) {
	if l.home != "" {
		return filepath.Abs(l.home)
	}
	if home := getenv("KNELT_HOME"); home != "" {
		return filepath.Abs(home)
	}
	files, err := l.paths()
	if err != nil {
		return "", err
	}
	folder := files[0]
	if info, err := os.Stat(folder); folder == "-" || err == nil && !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	return filepath.Abs(filepath.Join(folder, ".knelt"))
}

// words are the flags as they were given, to be put into a command that the user
// is told to type.
func (l *location) words() string {
	var b strings.Builder
	for _, file := range l.files {
		b.WriteString(" -f " + quote(file))
	}
	if l.home != "" {
		b.WriteString(" --home " + quote(l.home))
	}
	return b.String()
}

// wordsWith are the words for the same documents and one more file.
func (l *location) wordsWith(file string) string {
	more := *l
	if paths, err := l.paths(); err == nil {
		more.files = paths
	}
	for _, named := range more.files {
		if filepath.Clean(named) == filepath.Dir(file) {
			return more.words() // the folder is read whole
		}
	}
	more.files = append(slices.Clone(more.files), file)
	return more.words()
}
