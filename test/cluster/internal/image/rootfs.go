// Package image makes container images of programs, and pushes them. The same
// input gives the same digest, on every machine.
package image

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Nonroot is the user of the images, by the number that most distroless images use.
const Nonroot = "65532"

const (
	passwd = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
	group  = "root:x:0:\nnonroot:x:65532:\n"
)

// layerWriter writes files that belong to root and have no age.
type layerWriter struct {
	tar  *tar.Writer
	dirs map[string]bool
}

func newLayerWriter(w io.Writer) *layerWriter {
	return &layerWriter{tar: tar.NewWriter(w), dirs: map[string]bool{".": true, "/": true}}
}

// skeleton is what a program may expect of any system: names of users, and
// folders that it may write to.
func (l *layerWriter) skeleton() error {
	for _, f := range []struct{ name, content string }{
		{"etc/passwd", passwd}, {"etc/group", group}, {"etc/nsswitch.conf", "hosts: files dns\n"},
	} {
		if err := l.file(f.name, 0o644, int64(len(f.content)), strings.NewReader(f.content)); err != nil {
			return err
		}
	}
	for _, h := range []tar.Header{
		{Name: "tmp/", Mode: 0o1777},
		{Name: "home/", Mode: 0o755},
		{Name: "home/nonroot/", Mode: 0o700, Uid: 65532, Gid: 65532},
	} {
		h.Typeflag = tar.TypeDir
		if err := l.header(h); err != nil {
			return err
		}
		l.dirs[strings.TrimSuffix(h.Name, "/")] = true
	}
	return nil
}

func (l *layerWriter) header(h tar.Header) error {
	h.Format = tar.FormatPAX
	if err := l.tar.WriteHeader(&h); err != nil {
		return fmt.Errorf("writing %s to a layer: %w", h.Name, err)
	}
	return nil
}

// parents writes the folders above a name, once each.
func (l *layerWriter) parents(name string) error {
	dir := path.Dir(name)
	if l.dirs[dir] {
		return nil
	}
	if err := l.parents(dir); err != nil {
		return err
	}
	l.dirs[dir] = true
	return l.header(tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
}

func (l *layerWriter) file(name string, mode, size int64, content io.Reader) error {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if err := l.parents(name); err != nil {
		return err
	}
	if err := l.header(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size}); err != nil {
		return err
	}
	if _, err := io.Copy(l.tar, content); err != nil {
		return fmt.Errorf("writing %s to a layer: %w", name, err)
	}
	return nil
}

// add copies a file, or a folder with all below it, to the path at. A symbolic
// link at the top is followed, others are copied.
func (l *layerWriter) add(from, at string) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return fmt.Errorf("adding to an image: %w", err)
	}
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := path.Join(at, filepath.ToSlash(strings.TrimPrefix(p, from)))
		switch {
		case d.IsDir():
			return l.parents(strings.TrimPrefix(path.Join(name, "x"), "/"))
		case d.Type()&fs.ModeSymlink != 0:
			return l.symlink(p, name)
		case d.Type().IsRegular():
			return l.copy(p, name)
		}
		return fmt.Errorf("%s is neither a file, a folder nor a link: an image cannot have it", p)
	})
}

func (l *layerWriter) symlink(from, at string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return fmt.Errorf("adding to an image: %w", err)
	}
	at = strings.TrimPrefix(path.Clean("/"+at), "/")
	if err := l.parents(at); err != nil {
		return err
	}
	return l.header(tar.Header{Typeflag: tar.TypeSymlink, Name: at, Linkname: target, Mode: 0o777})
}

func (l *layerWriter) copy(from, at string) error {
	f, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("adding to an image: %w", err)
	}
	defer f.Close() //nolint:errcheck // opened for reading only
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("adding to an image: %w", err)
	}
	mode := int64(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return l.file(at, mode, info.Size(), f)
}
