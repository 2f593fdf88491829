package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// BenchmarkWrite writes rows of a shop's users, as source-faker makes them, with
// a state after each 10,000. One operation is one row.
func BenchmarkWrite(b *testing.B) {
	for _, mode := range []string{"append", "append_dedup"} {
		b.Run(mode, func(b *testing.B) { benchmarkWrite(b, mode) })
	}
}

func benchmarkWrite(b *testing.B, mode string) {
	properties := `"id":{"type":"integer"},"name":{"type":"string"},"email":{"type":"string"},"age":{"type":"integer"},"country":{"type":"string"},
		"newsletter":{"type":"boolean"},"created_at":{"type":"string"},"updated_at":{"type":"string"},"notes":{"type":["null","string"]}`
	raw := catalog(stream("users", properties, `"destination_sync_mode":"`+mode+`"`, `"primary_key":[["id"]],"cursor_field":["updated_at"]`))
	c := new(airbyte.ConfiguredCatalog)
	if err := airbyte.Unmarshal([]byte(raw), c); err != nil {
		b.Fatal(err)
	}
	config, err := json.Marshal(map[string]string{"path": filepath.Join(b.TempDir(), "lake.db")})
	if err != nil {
		b.Fatal(err)
	}
	in := kit.WriteInput{Config: kit.NewConfig(config), Catalog: c, Lines: lines.NewReader(bytes.NewReader(users(b.N)), 0)}
	b.ReportAllocs()
	b.ResetTimer()
	if err := (destination{}).Write(b.Context(), in, kit.NewEmitter(io.Discard)); err != nil {
		b.Fatal(err)
	}
}

func users(n int) []byte {
	var input bytes.Buffer
	for i := range n {
		at := fmt.Sprintf("2024-01-%02dT%02d:%02d:%02dZ", 1+i/86400%28, i/3600%24, i/60%60, i%60)
		fmt.Fprintln(&input, record("users", fmt.Sprintf(
			`{"id":%d,"name":"Jun Costa","email":"costa.%d@example.com","age":32,"country":"TR","newsletter":true,"created_at":"%s","updated_at":"%s"}`, i, i, at, at)))
		if i%10_000 == 9_999 {
			fmt.Fprintln(&input, state("users", "1"))
		}
	}
	return input.Bytes()
}
