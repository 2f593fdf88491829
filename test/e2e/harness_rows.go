package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Rows reads a table of an SQLite file and gives the number of its rows and of
// their different ids. It asks source-sqlite, as the file's format is its
// business.
func Rows(ctx context.Context, bin, database, table string) (rows, ids int, err error) {
	dir, err := os.MkdirTemp("", "rows-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a test's leftovers
	path, err := filepath.Abs(database)
	if err != nil {
		return 0, 0, err
	}
	config := fmt.Sprintf(`{"path":%q}`, path)
	catalog := fmt.Sprintf(`{"streams":[{"stream":{"name":%q,"json_schema":{},"supported_sync_modes":["full_refresh"]},`+
		`"sync_mode":"full_refresh","destination_sync_mode":"append"}]}`, table)
	files := map[string]string{"config.json": config, "catalog.json": catalog}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return 0, 0, err
		}
	}
	read := exec.CommandContext(ctx, filepath.Join(bin, "source-sqlite"), "read",
		"--config", filepath.Join(dir, "config.json"), "--catalog", filepath.Join(dir, "catalog.json"))
	var stderr bytes.Buffer
	read.Stderr = &stderr
	out, err := read.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("reading %s of %s: %w\n%s%s", table, database, err, stderr.String(), out)
	}
	return count(out)
}

func count(out []byte) (rows, ids int, err error) {
	seen := map[string]bool{}
	for line := range bytes.Lines(out) {
		var m struct {
			Type   string `json:"type"`
			Record struct {
				Data struct {
					ID json.RawMessage `json:"id"`
				} `json:"data"`
			} `json:"record"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			return 0, 0, err
		}
		if m.Type == "RECORD" {
			rows++
			seen[string(m.Record.Data.ID)] = true
		}
	}
	return rows, len(seen), nil
}
