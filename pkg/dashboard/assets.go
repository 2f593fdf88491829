package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed assets
var embedded embed.FS

// asset is one file as it is served.
type asset struct {
	contentType string
	plain       []byte
	// gzipped is nil where it would not be shorter.
	gzipped []byte
}

// contentTypes by extension: the machine's own table is not asked, as it
// differs from one image to the next. Files of other extensions are not served.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	// A library's licence travels with it.
	".LICENSE": "text/plain; charset=utf-8",
}

// load reads the files below assets, by their path there, and the digest over
// all of them.
func load(files fs.FS) (map[string]asset, string, error) {
	assets := map[string]asset{}
	digest := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		contentType := contentTypes[path.Ext(name)]
		if err != nil || entry.IsDir() || contentType == "" {
			return err
		}
		plain, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		digest.Write(fmt.Appendf(nil, "%s %d\n", name, len(plain)))
		digest.Write(plain)
		assets[name], err = newAsset(contentType, plain)
		return err
	})
	return assets, hex.EncodeToString(digest.Sum(nil))[:16], err
}

func newAsset(contentType string, plain []byte) (asset, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := z.Write(plain); err != nil {
		return asset{}, err
	}
	if err := z.Close(); err != nil {
		return asset{}, err
	}
	a := asset{contentType: contentType, plain: plain}
	if b.Len() < len(plain) {
		a.gzipped = b.Bytes()
	}
	return a, nil
}

// isModule tells what the page imports: all but scripts that run before it.
func isModule(name string) bool {
	return strings.HasPrefix(name, "app/") && path.Ext(name) == ".js"
}
