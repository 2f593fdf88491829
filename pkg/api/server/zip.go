package server

import (
	"bytes"
	"compress/gzip"
	"strings"
	"sync"

	"knelt.dev/pkg/host"
)

// zipFrom is how long an answer is at least that is zipped: what fits into one
// packet arrives no sooner if it is shorter.
const zipFrom = 1400

// zippers are used again: each has some hundred kilobytes.
var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one that there is
	}
	return z
}}

// zip zips an answer that is read, if whoever asks takes it so. Its tag becomes
// a weak one: it names what is told, not the bytes.
func zip(r *request, made *host.Response) error {
	if len(made.Body) < zipFrom || !host.AcceptsGzip(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		return nil
	}
	var zipped bytes.Buffer
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&zipped)
	if _, err := z.Write(made.Body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	made.Body = zipped.Bytes()
	made.Header.Set("Content-Encoding", "gzip")
	made.Header.Set("ETag", "W/"+made.Header.Get("ETag"))
	return nil
}
