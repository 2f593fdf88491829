package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/lines"
)

// Commits by the clock and rows come from two goroutines; this runs both in the
// test's process, for the race detector.
func TestCommitsByTheClockAndRowsDoNotRace(t *testing.T) {
	c := new(airbyte.ConfiguredCatalog)
	if err := airbyte.Unmarshal([]byte(catalog(stream("a", "", byCursor))), c); err != nil {
		t.Fatal(err)
	}
	l := newLake(t)
	var input strings.Builder
	for i := range 5000 {
		fmt.Fprintln(&input, record("a", fmt.Sprintf(`{"id":%d,"at":%d,"f%d":1}`, i%1000, i, i/1000)))
		if i%10 == 9 {
			fmt.Fprintln(&input, state("a", fmt.Sprint(i)))
		}
	}
	var output bytes.Buffer
	in := kit.WriteInput{
		Config:  kit.NewConfig(json.RawMessage(l.config(`"commit_ms":1`))),
		Catalog: c, Lines: lines.NewReader(strings.NewReader(input.String()), 0),
	}
	if err := (destination{}).Write(t.Context(), in, kit.NewEmitter(&output)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(output.String(), "\n"); n != 500 {
		t.Errorf("%d states were returned", n)
	}
	l.want(`SELECT count(*), sum(at) FROM a`, fmt.Sprintf("1000,%d", 1000*4000+999*1000/2))
}
