package image

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func digest(t *testing.T, i Image) string {
	t.Helper()
	img, err := i.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestDigestDependsOnContentAlone(t *testing.T) {
	one := write(t, filepath.Join(t.TempDir(), "a"), "same", 0o700)
	two := write(t, filepath.Join(t.TempDir(), "b"), "same", 0o755)
	if err := os.Chtimes(two, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	other := write(t, filepath.Join(t.TempDir(), "c"), "different", 0o755)
	if a, b := digest(t, Program(one, "p")), digest(t, Program(two, "p")); a != b {
		t.Errorf("%s and %s are of the same content", a, b)
	}
	if a, b := digest(t, Program(one, "p")), digest(t, Program(other, "p")); a == b {
		t.Error("another content has the same digest")
	}
}

func TestImageHasTheProgramUsersAndFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data", "sub", "x"), "x", 0o600)
	if err := os.Symlink("x", filepath.Join(dir, "data", "sub", "link")); err != nil {
		t.Fatal(err)
	}
	i := Program(write(t, filepath.Join(dir, "bin"), "elf", 0o700), "p")
	i.Files = append(i.Files, File{filepath.Join(dir, "data"), "/srv/data"})
	img, err := i.Build()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"etc": "755", "etc/passwd": "644", "etc/group": "644", "etc/nsswitch.conf": "644",
		"tmp": "1777", "home": "755", "home/nonroot": "700", "ko-app": "755", "ko-app/p": "755",
		"srv": "755", "srv/data": "755", "srv/data/sub": "755", "srv/data/sub/x": "644", "srv/data/sub/link": "->x",
	}
	if diff := cmp.Diff(want, list(t, img)); diff != "" {
		t.Error(diff)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != Nonroot || !cmp.Equal(config.Config.Entrypoint, []string{"/ko-app/p"}) {
		t.Errorf("the image runs %v as %s", config.Config.Entrypoint, config.Config.User)
	}
}

// list are the modes of all that is in an image, or the targets of links.
func list(t *testing.T, img v1.Image) map[string]string {
	t.Helper()
	content := mutate.Extract(img)
	defer content.Close() //nolint:errcheck // only read
	got := map[string]string{}
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = octal(h.Mode)
		if h.Typeflag == tar.TypeSymlink {
			got[h.Name] = "->" + h.Linkname
		}
	}
}

func octal(mode int64) string {
	digits := ""
	for ; mode > 0; mode /= 8 {
		digits = string(rune('0'+mode%8)) + digits
	}
	return digits
}

func TestPushedImageIsThereByItsDigest(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	img, err := Program(write(t, filepath.Join(t.TempDir(), "p"), "elf", 0o700), "p").Build()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := Push(t.Context(), img, at.Host+"/some/p:1", server.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	repository, digest, _ := strings.Cut(ref, "@")
	answer, err := server.Client().Head(server.URL + "/v2/" + strings.TrimPrefix(repository, at.Host+"/") + "/manifests/" + digest)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	if answer.StatusCode != 200 || answer.Header.Get("Docker-Content-Digest") != digest {
		t.Errorf("%s is not there: %s", ref, answer.Status)
	}
}

func TestLibrariesAreReadFromLdd(t *testing.T) {
	got, err := parseLdd("\tlinux-vdso.so.1 (0x1)\n\tlibm.so.6 => /lib/libm.so.6 (0x2)\n\t/lib64/ld.so.2 (0x3)\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/lib/libm.so.6", "/lib64/ld.so.2"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := parseLdd("\tlibx.so => not found\n"); err == nil {
		t.Error("a missing library is to be an error")
	}
	if got, err := parseLdd("\tstatically linked\n"); err != nil || len(got) > 0 {
		t.Errorf("a static program has no libraries: %v, %v", got, err)
	}
}
