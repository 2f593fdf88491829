package sidecar

import (
	"fmt"
	"os"
	"slices"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// maxFiles bounds the files of a connector together, in bytes: they lie on a
// memory volume.
const maxFiles = 256 << 20

// starting is a START whose files are coming.
type starting struct {
	dir   podfiles.Dir
	start podfiles.Start
	left  []wire.FilePayload // the first is being received
	file  *os.File
	got   int64
}

// newStarting judges a START. Nothing is written yet.
func newStarting(dir podfiles.Dir, p wire.StartPayload) (*starting, error) {
	commands := []connector.Command{connector.Spec, connector.Check, connector.Discover, connector.Read, connector.Write}
	if !slices.Contains(commands, connector.Command(p.Command)) {
		return nil, breach("START of an unknown command; there are %v", commands)
	}
	var names []string
	left := int64(maxFiles)
	for _, f := range p.Files {
		if slices.Contains(names, f.Name) || f.Size < 0 || f.Size > left {
			return nil, breach("START with a file twice, of a negative size, or of more than %d bytes together", maxFiles)
		}
		names, left = append(names, f.Name), left-f.Size
	}
	start, err := dir.NewStart(connector.Command(p.Command), names...)
	if err != nil {
		return nil, breach("START: %v", err)
	}
	start.Env = p.Env
	return &starting{dir: dir, start: start, left: p.Files}, nil
}

// open opens the next file. Empty ones are whole at once. Whole tells that all
// files are there.
func (s *starting) open() (whole bool, err error) {
	for len(s.left) > 0 {
		if s.file, err = s.dir.CreateFile(s.left[0].Name); err != nil {
			return false, fmt.Errorf("making %s: %w", s.left[0].Name, err)
		}
		if s.left[0].Size > 0 {
			return false, nil
		}
		if err := s.next(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// add takes a piece of the present file.
func (s *starting) add(f wire.Frame) (whole bool, err error) {
	if f.Offset != s.got || s.got+int64(len(f.Payload)) > s.left[0].Size {
		return false, breach("FILE at offset %d with %d bytes does not continue %s, of which %d of %d bytes came",
			f.Offset, len(f.Payload), s.left[0].Name, s.got, s.left[0].Size)
	}
	if _, err := s.file.Write(f.Payload); err != nil {
		return false, fmt.Errorf("writing %s: %w", s.left[0].Name, err)
	}
	s.got += int64(len(f.Payload))
	if s.got < s.left[0].Size {
		return false, nil
	}
	if err := s.next(); err != nil {
		return false, err
	}
	return s.open()
}

// next finishes the present file.
func (s *starting) next() error {
	err := s.file.Close()
	if err != nil {
		err = fmt.Errorf("writing %s: %w", s.left[0].Name, err)
	}
	s.file, s.got, s.left = nil, 0, s.left[1:]
	return err
}

// drop forgets an unfinished START; the next one writes its files anew.
func (s *starting) drop() {
	if s != nil && s.file != nil {
		_ = s.file.Close()
		s.file = nil
	}
}
