package synclog

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const suffix = ".jsonl"

// fileName names the nth file of a log, from 1.
func fileName(n int) string { return fmt.Sprintf("%04d%s", n, suffix) }

// fileNumber is the reverse of fileName; 0 for what is no file of a log.
func fileNumber(name string) int {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// numbers lists the files of a log in the order they were written.
func numbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []int
	for _, e := range entries {
		if n := fileNumber(e.Name()); n > 0 {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, cmp.Compare[int])
	return found, nil
}

// replaceFile writes a whole file so that a reader sees the old or the new one,
// also after a kill in between.
func replaceFile(path string, data []byte) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, path)
}
