package image

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// libraries are the shared libraries of all programs among the files, with the
// loader, at the paths they have here.
func libraries(files []File) ([]File, error) {
	var found []string
	for _, f := range files {
		err := filepath.WalkDir(f.From, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !dynamic(p) {
				return err
			}
			out, err := exec.Command("ldd", p).CombinedOutput() //nolint:noctx // at once
			if err != nil {
				return fmt.Errorf("ldd %s: %w: %s", p, err, bytes.TrimSpace(out))
			}
			needed, err := parseLdd(string(out))
			found = append(found, needed...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for libraries: %w", err)
		}
	}
	slices.Sort(found)
	var result []File
	for _, lib := range slices.Compact(found) {
		result = append(result, File{From: lib, At: lib})
	}
	return result, nil
}

// dynamic tells whether a file is a program or library that others are linked to.
func dynamic(file string) bool {
	f, err := elf.Open(file)
	if err != nil {
		return false // not a program
	}
	defer f.Close() //nolint:errcheck // opened for reading only
	return f.Section(".dynamic") != nil
}

// parseLdd reads lines like "libm.so.6 => /lib/libm.so.6 (0x7f)",
// "/lib64/ld-linux-x86-64.so.2 (0x7f)" and "linux-vdso.so.1 (0x7f)": the last
// names no file.
func parseLdd(out string) ([]string, error) {
	var paths []string
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		switch {
		case strings.Contains(line, "not found"):
			return nil, fmt.Errorf("a library is missing: %s", strings.TrimSpace(line))
		case len(words) > 2 && words[1] == "=>" && strings.HasPrefix(words[2], "/"):
			paths = append(paths, words[2])
		case len(words) > 0 && strings.HasPrefix(words[0], "/"):
			paths = append(paths, words[0])
		}
	}
	return paths, nil
}
