package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// BenchmarkWrite writes rows of about 100 bytes, or of 1 KB, with a state after each
// 10,000. One operation is so many rows.
func BenchmarkWrite(b *testing.B) {
	const rows = 100_000
	schema := `"id":{"type":"integer"},"at":{"type":"string","format":"date-time"},"amount":{"type":"number"},"ok":{"type":"boolean"},"note":{"type":"string"}`
	for name, note := range map[string]int{"100B": 10, "1KB": 930} {
		var input bytes.Buffer
		for i := range rows {
			fmt.Fprintln(&input, record("a", fmt.Sprintf(`{"id":%d,"at":"2024-01-01T%02d:%02d:%02dZ","amount":%d.125,"ok":true,"note":"%s"}`,
				i, i/3600%24, i/60%60, i%60, i, strings.Repeat("x", note))))
			if i%10_000 == 9_999 {
				fmt.Fprintln(&input, state("a", "1"))
			}
		}
		for mode, more := range map[string]string{"append": appending, "dedup": byCursor} {
			b.Run(name+"/"+mode, func(b *testing.B) {
				c := new(airbyte.ConfiguredCatalog)
				if err := airbyte.Unmarshal([]byte(catalog(stream("a", schema, more))), c); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					db := server.NewDatabase(b)
					b.StartTimer()
					in := kit.WriteInput{Config: kit.NewConfig(json.RawMessage(db.Config())), Catalog: c, Lines: lines.NewReader(bytes.NewReader(input.Bytes()), 0)}
					if err := (destination{}).Write(b.Context(), in, kit.NewEmitter(io.Discard)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
