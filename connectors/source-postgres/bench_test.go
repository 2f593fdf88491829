package main

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// BenchmarkRead reads a table of rows of about 100 bytes, or of 1 KB, whole and by a
// cursor. One operation is one table.
func BenchmarkRead(b *testing.B) {
	const rows = 200_000
	for name, note := range map[string]int{"100B": 10, "1KB": 930} {
		db := server.NewDatabase(b, `CREATE TABLE a (id bigint PRIMARY KEY, at timestamptz NOT NULL, amount numeric, ok boolean, note text)`,
			fmt.Sprintf(`INSERT INTO a SELECT i, '2024-01-01Z'::timestamptz + i * interval '1 s', i / 8.0, i %% 2 = 0, repeat('x', %d) FROM generate_series(1, %d) i`, note, rows),
			`CREATE INDEX ON a (at, id)`, `ANALYZE a`)
		for _, stream := range []string{"a", "a:at"} {
			b.Run(name+"/"+map[string]string{"a": "whole", "a:at": "cursor"}[stream], func(b *testing.B) {
				c := new(airbyte.ConfiguredCatalog)
				if err := airbyte.Unmarshal([]byte(catalogOf(stream)), c); err != nil {
					b.Fatal(err)
				}
				in := kit.ReadInput{Config: kit.NewConfig(json.RawMessage(db.Config())), Catalog: c}
				b.ReportAllocs()
				for b.Loop() {
					if err := (source{}).Read(b.Context(), in, kit.NewEmitter(io.Discard)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
