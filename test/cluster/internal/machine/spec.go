// Package machine runs a few programs as if they had a machine of their own: in
// namespaces for processes and mounts, and in a network namespace that is made
// before. All that happens in a machine ends at once with its first process,
// and its mounts with it, so that a lost node is one signal.
package machine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"knelt.dev/test/cluster/internal/layout"
)

// Spec is what a machine runs.
type Spec struct {
	Name string `json:"name"`
	// Binds are folders, made when they are missing, and the paths at which the
	// machine sees them.
	Binds []Bind `json:"binds"`
	// Programs run until the machine ends, and are started again when they end.
	Programs []Program `json:"programs"`
}

// Bind shows the folder From at the path At.
type Bind struct {
	From string `json:"from"`
	At   string `json:"at"`
}

// Program is a program of a machine.
type Program struct {
	Name string `json:"name"`
	// Args are the whole command line; the first is the path of the binary.
	Args []string `json:"args"`
	Env  []string `json:"env"`
	// After is where something listens before this one may start:
	// "tcp:HOST:PORT" or "unix:PATH". Empty: at once.
	After string `json:"after"`
}

func specPath(name string) string { return layout.In(name, "machine.json") }
func pidPath(name string) string  { return layout.In(name, "pid") }

// LogPath is the file with what a program of a machine has printed.
func LogPath(machine, program string) string {
	return layout.In(machine, "log", program+".log")
}

func (s Spec) write() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding machine %s: %w", s.Name, err)
	}
	if err := os.MkdirAll(filepath.Dir(LogPath(s.Name, "x")), 0o700); err != nil {
		return fmt.Errorf("making the folder of machine %s: %w", s.Name, err)
	}
	if err := os.WriteFile(specPath(s.Name), data, 0o600); err != nil {
		return fmt.Errorf("writing machine %s: %w", s.Name, err)
	}
	return nil
}

func readSpec(name string) (s Spec, err error) {
	data, err := os.ReadFile(specPath(name))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("reading machine %s: %w", name, err)
	}
	return s, nil
}
