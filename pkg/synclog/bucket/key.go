package bucket

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"knelt.dev/pkg/synclog"
)

// endName is the object that tells that a writer writes no more.
const endName = "end"

// connectionDir is the folder of a connection, with its slash.
func connectionDir(connection string) string {
	if !strings.Contains(connection, "/") {
		connection = "-/" + connection
	}
	return connection + "/"
}

// attemptDir is the folder of an attempt. Its digits make names sort as numbers.
func attemptDir(n synclog.Name) string {
	return fmt.Sprintf("%s%010d-%04d/", connectionDir(n.Connection), n.Sync, n.Attempt)
}

func writerDir(n synclog.Name, epoch int64, writer string) string {
	return fmt.Sprintf("%s%010d-%s/", attemptDir(n), epoch, writer)
}

// chunk is an object with lines. Its Name is the key.
type chunk struct {
	synclog.FileInfo
	dir    string // of its writer
	number int
}

// isGap tells a chunk that stands for dropped ones.
func (c *chunk) isGap() bool { return c.Lines == 1 && c.Dropped > 0 }

// missing is how many lines are not kept once the chunk is dropped.
func (c *chunk) missing() int64 {
	if c.isGap() {
		return c.Dropped
	}
	return c.Lines + c.Dropped
}

// The letters of origins and levels in names.
var (
	origins = map[synclog.Origin]string{synclog.Engine: "e", synclog.Source: "s", synclog.Destination: "d"}
	levels  = map[synclog.Level]string{
		synclog.Fatal: "f", synclog.Error: "e", synclog.Warn: "w", synclog.Info: "i", synclog.Debug: "d", synclog.Trace: "t",
	}
	originOf, levelOf = reverse(origins), reverse(levels)
)

func reverse[K comparable](m map[K]string) map[string]K {
	out := make(map[string]K, len(m))
	for k, v := range m {
		out[v] = k
	}
	return out
}

// key names a chunk of lines: "00000012.1767323045123-1767323047000.ei12sw1.jsonl",
// with ".x5" behind the counts if its lines tell that 5 others are missing.
func key(dir string, number int, info synclog.FileInfo) string {
	var counts []string
	for o, of := range info.Counts {
		for l, n := range of {
			counts = append(counts, origins[o]+levels[l]+strconv.FormatInt(n, 10))
		}
	}
	slices.Sort(counts)
	dropped := ""
	if info.Dropped > 0 {
		dropped = ".x" + strconv.FormatInt(info.Dropped, 10)
	}
	return fmt.Sprintf("%s%08d.%d-%d.%s%s.jsonl", dir, number,
		info.First.UnixMilli(), info.Last.UnixMilli(), strings.Join(counts, ""), dropped)
}

var (
	namePattern  = regexp.MustCompile(`^(\d{8,18})\.(\d{1,18})-(\d{1,18})\.((?:[esd][fewidt]\d{1,18})+)(?:\.x(\d{1,18}))?\.jsonl$`)
	countPattern = regexp.MustCompile(`([esd])([fewidt])(\d+)`)
)

// parse is the reverse of key; false for what is no chunk.
func parse(key string, bytes int64) (chunk, bool) {
	at := strings.LastIndexByte(key, '/') + 1
	m := namePattern.FindStringSubmatch(key[at:])
	if m == nil {
		return chunk{}, false
	}
	c := chunk{dir: key[:at], number: int(number(m[1]))}
	c.Name, c.Bytes = key, bytes
	c.First, c.Last = time.UnixMilli(number(m[2])).UTC(), time.UnixMilli(number(m[3])).UTC()
	c.Dropped = number(m[5])
	c.Counts = map[synclog.Origin]map[synclog.Level]int64{}
	for _, p := range countPattern.FindAllStringSubmatch(m[4], -1) {
		o, l, n := originOf[p[1]], levelOf[p[2]], number(p[3])
		if c.Counts[o] == nil {
			c.Counts[o] = map[synclog.Level]int64{}
		}
		c.Counts[o][l] += n
		c.Lines += n
	}
	return c, true
}

// number reads digits that the pattern found; none are 0.
func number(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64) // at most 18 digits
	return n
}
