package chaos

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"knelt.dev/test/e2e"
)

// hidden makes sure that no file below root holds the secret of the source.
func hidden(t *testing.T, root string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		if bytes.Contains(text, []byte(e2e.SecretValue)) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("looking for the secret in %d files below %s: %v", files, root, err)
	}
}
