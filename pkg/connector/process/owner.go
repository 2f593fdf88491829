package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// process tells one process from all others, before and after it.
type process struct {
	PID int `json:"pid"`
	// Start is when it started, in clock ticks since boot; empty where that
	// cannot be known.
	Start string `json:"start,omitempty"`
	// Boot and Namespace say in which run of which machine or container its
	// PID means something.
	Boot      string `json:"boot,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

// owner is the content of owner.json: the engine of a run, and the leader of
// its connector's process group once it has started.
type owner struct {
	process
	Child *process `json:"child,omitempty"`
}

// self is the engine.
func self() process { return identify(os.Getpid()) }

// identify looks up the process that has pid now.
func identify(pid int) process {
	return process{PID: pid, Start: startTime(pid), Boot: bootID(), Namespace: pidNamespace()}
}

// alive tells whether p still runs. It is certain only if its start time is known.
func (p process) alive() bool { return p.Start != "" && identify(p.PID) == p }

// here tells whether PIDs of p's time and place mean the same here and now.
func (p process) here() bool {
	return p.Boot != "" && p.Boot == bootID() && p.Namespace == pidNamespace()
}

// writeOwner replaces owner.json at once.
func (d *runDir) writeOwner(o owner) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encoding the owner of a run: %w", err)
	}
	path := filepath.Join(d.path, ownerFile)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("writing the owner of a run: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the owner of a run: %w", err)
	}
	return nil
}

// readOwner reads owner.json; it is empty if there is none yet.
func (d *runDir) readOwner() (owner, error) {
	var o owner
	text, err := os.ReadFile(filepath.Join(d.path, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return o, fmt.Errorf("reading the owner of run %s: %w", d.mark(), err)
	}
	return o, nil
}
