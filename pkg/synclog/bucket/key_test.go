package bucket

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"knelt.dev/pkg/synclog"
)

func TestAChunksNameTellsWhatIsInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(0, 4e12).Draw(t, "first")
		want := chunk{dir: writerDir(synclog.Name{Connection: "a/b", Sync: 1, Attempt: 2}, 3, "xyz"), number: rapid.IntRange(1, 1e9).Draw(t, "number")}
		want.First = time.UnixMilli(first).UTC()
		want.Last = time.UnixMilli(first + rapid.Int64Range(0, 1e9).Draw(t, "long")).UTC()
		want.Dropped = rapid.Int64Range(0, 1e12).Draw(t, "dropped")
		want.Bytes = 7
		want.Counts = rapid.MapOfN(rapid.SampledFrom([]synclog.Origin{synclog.Engine, synclog.Source, synclog.Destination}),
			rapid.MapOfN(rapid.SampledFrom([]synclog.Level{synclog.Fatal, synclog.Error, synclog.Warn, synclog.Info, synclog.Debug, synclog.Trace}),
				rapid.Int64Range(1, 1e6), 1, 6), 1, 3).Draw(t, "counts")
		for _, of := range want.Counts {
			for _, n := range of {
				want.Lines += n
			}
		}
		want.Name = key(want.dir, want.number, want.FileInfo)
		got, ok := parse(want.Name, 7)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(chunk{})); !ok || diff != "" {
			t.Fatalf("%s: %s", want.Name, diff)
		}
		if n := len(want.Name); n > 255 {
			t.Fatalf("a name of %d bytes is too long for a file", n)
		}
	})
}

func TestOtherObjectsAreNoChunks(t *testing.T) {
	for _, name := range []string{"", "end", "a/00000001.1-2.jsonl", "a/00000001.1-2.ei1.jsonl.tmp", "a/1.1-2.ei1.jsonl", "00000001.1-2.xx1.jsonl"} {
		if c, ok := parse(name, 1); ok {
			t.Errorf("%q is %+v", name, c)
		}
	}
}

func TestFoldersSortAsAttemptsAndEpochsDo(t *testing.T) {
	var dirs []string
	for _, sync := range []int64{1, 2, 10, 99, 100, 1e9} {
		for _, attempt := range []int{1, 2, 10, 1000} {
			for _, epoch := range []int64{1, 9, 10, 1e8} {
				dirs = append(dirs, writerDir(synclog.Name{Connection: "c", Sync: sync, Attempt: attempt}, epoch, fmt.Sprint(epoch%7)))
			}
		}
	}
	if !slices.IsSorted(dirs) {
		t.Errorf("%q", dirs)
	}
}
