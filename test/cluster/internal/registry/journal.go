package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
)

// maxManifest is well above the 4 MiB that registries accept.
const maxManifest = 16 << 20

// journal keeps the manifests, which the store has in memory only: one file for
// each name, with the last request that has set it.
type journal struct {
	dir   string
	store http.Handler
}

type entry struct {
	Path        string `json:"path"`
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`
}

// ServeHTTP is the registry's API.
func (j *journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") {
		j.store.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifest))
	if err != nil {
		http.Error(w, "reading the manifest: "+err.Error(), http.StatusBadRequest)
		return
	}
	e := entry{Path: r.URL.Path, ContentType: r.Header.Get("Content-Type"), Body: body}
	answer := j.put(r, e)
	if answer.Code == http.StatusCreated {
		if err := j.write(e); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a client that has gone needs no answer
}

func (j *journal) put(r *http.Request, e entry) *httptest.ResponseRecorder {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(e.Body))
	answer := httptest.NewRecorder()
	j.store.ServeHTTP(answer, again)
	return answer
}

func (j *journal) write(e entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding a manifest: %w", err)
	}
	path := filepath.Join(j.dir, fmt.Sprintf("%x.json", sha256.Sum256([]byte(e.Path))))
	fresh, err := os.CreateTemp(j.dir, "new-*")
	if err != nil {
		return fmt.Errorf("keeping a manifest: %w", err)
	}
	_, err = fresh.Write(data)
	if closed := fresh.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keeping a manifest: %w", err)
	}
	return nil
}

// replay puts all manifests into the store, images before the lists of them.
func (j *journal) replay() error {
	files, err := filepath.Glob(filepath.Join(j.dir, "*.json"))
	if err != nil {
		return fmt.Errorf("listing manifests: %w", err)
	}
	var later []entry
	for _, file := range files {
		var e entry
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &e)
		}
		if err != nil {
			return fmt.Errorf("reading a manifest: %w", err)
		}
		if strings.Contains(e.ContentType, "index") || strings.Contains(e.ContentType, "list") {
			later = append(later, e)
			continue
		}
		if err := j.restore(e); err != nil {
			return err
		}
	}
	for _, e := range later {
		if err := j.restore(e); err != nil {
			return err
		}
	}
	return nil
}

func (j *journal) restore(e entry) error {
	r, err := http.NewRequest(http.MethodPut, e.Path, nil) //nolint:noctx // it goes nowhere
	if err != nil {
		return fmt.Errorf("restoring %s: %w", e.Path, err)
	}
	r.Header.Set("Content-Type", e.ContentType)
	if answer := j.put(r, e); answer.Code != http.StatusCreated {
		return fmt.Errorf("restoring %s: %s", e.Path, answer.Body)
	}
	return nil
}
