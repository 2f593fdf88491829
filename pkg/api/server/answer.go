package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"knelt.dev/pkg/host"
)

// respond writes the answer. What can be read has an ETag: a page that asks
// again and again is answered with 304 as long as nothing has changed.
func respond(r *request, body any) (*host.Response, error) {
	made, err := host.JSON(r.operation.Status, body)
	if err != nil {
		return nil, err
	}
	made.Header.Set("Cache-Control", "no-store")
	made.Header.Set("X-Content-Type-Options", "nosniff")
	if r.operation.Method != http.MethodGet {
		return made, nil
	}
	tag := tagOf(made.Body)
	made.Header.Set("ETag", tag)
	made.Header.Set("Cache-Control", "private, no-cache")
	made.Header.Set("Vary", "Accept-Encoding")
	if matches(r.Header.Values("If-None-Match"), tag) {
		made.Header.Del("Content-Type")
		return &host.Response{Status: http.StatusNotModified, Header: made.Header}, nil
	}
	return made, zip(r, made)
}

// tagOf gives the ETag of what is told.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

func matches(lists []string, tag string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}
