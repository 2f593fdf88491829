package main

import (
	"bytes"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// TestItSpeaksTheProtocol: each command is answered by a message of its type, and
// by the line that tells of its time.
func TestItSpeaksTheProtocol(t *testing.T) {
	for command, kind := range map[string]airbyte.Type{"spec": airbyte.Spec, "check": airbyte.ConnectionStatus, "discover": airbyte.Catalog} {
		var out bytes.Buffer
		if err := answer(&out, []string{command, "--config", "/c.json"}); err != nil {
			t.Fatal(err)
		}
		first, second, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		said, err := airbyte.Decode([]byte(first))
		if err != nil || said.Type != kind {
			t.Errorf("%s is answered by %s: %v", command, first, err)
		}
		if m, err := airbyte.Decode([]byte(second)); err != nil || m.Log == nil || !strings.HasPrefix(m.Log.Message, "stopwatch ") {
			t.Errorf("%s tells %s: %v", command, second, err)
		}
	}
	for _, args := range [][]string{nil, {"read"}} {
		if err := answer(&bytes.Buffer{}, args); err == nil {
			t.Errorf("%q is answered", args)
		}
	}
}
