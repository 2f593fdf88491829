//go:build unix

package airbyte

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bytedance/sonic"
	"github.com/tidwall/gjson"
)

// wanted is what the relay needs of a RECORD, for the libraries that decode.
type wanted struct {
	Type   string `json:"type"`
	Record struct {
		Stream    string          `json:"stream"`
		Namespace string          `json:"namespace"`
		Data      json.RawMessage `json:"data"`
		EmittedAt json.Number     `json:"emitted_at"`
	} `json:"record"`
}

func (w *wanted) ok() bool {
	return w.Type == "RECORD" && w.Record.Stream != "" && len(w.Record.Data) > 0 && w.Record.EmittedAt != ""
}

// BenchmarkClassify compares Classify with the libraries that could take its
// place, each in its strictest settings, on RECORDs of three sizes. MB/cpu-s is
// by the process's CPU time, which a busy machine distorts less than MB/s.
func BenchmarkClassify(b *testing.B) {
	var e Envelope
	contenders := []struct {
		name string
		run  func(line []byte) bool
	}{
		{"knelt", func(line []byte) bool { return Classify(line, &e) == ProtocolLine && e.Type == Record }},
		{"gjson", func(line []byte) bool {
			if !utf8.Valid(line) || !gjson.ValidBytes(line) {
				return false
			}
			v := gjson.ParseBytes(line)
			record := v.Get("record")
			return v.Get("type").Str == "RECORD" && record.Get("stream").Str != "" && !record.Get("namespace").Exists() &&
				record.Get("data").IsObject() && record.Get("emitted_at").Raw != ""
		}},
		{"sonic", func(line []byte) bool { var w wanted; return sonic.ConfigStd.Unmarshal(line, &w) == nil && w.ok() }},
		{"encoding_json", func(line []byte) bool { var w wanted; return json.Unmarshal(line, &w) == nil && w.ok() }},
	}
	for _, size := range []struct {
		name  string
		bytes int
	}{{"200B", 200}, {"1KB", 1000}, {"10KB", 10_000}} {
		lines := recordLines(size.bytes)
		for _, c := range contenders {
			b.Run(size.name+"/"+c.name, func(b *testing.B) { benchLines(b, lines, c.run) })
		}
	}
}

func benchLines(b *testing.B, lines [][]byte, run func([]byte) bool) {
	b.ReportAllocs()
	var total int64
	i, start := 0, cpuTime(b)
	for b.Loop() {
		if !run(lines[i]) {
			b.Fatal("a valid record was refused")
		}
		total += int64(len(lines[i]))
		if i++; i == len(lines) {
			i = 0
		}
	}
	b.SetBytes(total / int64(b.N))
	b.ReportMetric(float64(total)/1e6/(cpuTime(b)-start).Seconds(), "MB/cpu-s")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
