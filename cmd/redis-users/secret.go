package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

var errConflict = errors.New("somebody else has changed the Secret")

// secret is a Secret as the API server gives it. What is not looked at goes back
// as it came.
type secret struct {
	path   string
	object map[string]json.RawMessage
	data   map[string]string
}

// value is a key's, or "".
func (s *secret) value(key string) string {
	b, err := base64.StdEncoding.DecodeString(s.data[key])
	if err != nil {
		return "" // the API server lets nothing else in
	}
	return string(b)
}

func (s *secret) set(key, value string) {
	if s.data == nil {
		s.data = map[string]string{}
	}
	s.data[key] = base64.StdEncoding.EncodeToString([]byte(value))
}

// api is the API server. Two requests need no client library, which would be
// most of the program.
type api struct {
	base  string
	token string // the file
	http  *http.Client
}

// accountDir is where a pod finds its token, and whom to trust.
const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// inCluster reaches the API server as a pod does; KNELT_ACCOUNT_DIR is another
// place for accountDir.
func inCluster(getenv func(string) string) (*api, error) {
	host, port, dir := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"), getenv("KNELT_ACCOUNT_DIR")
	if host == "" || port == "" {
		return nil, errors.New("this is no pod of Kubernetes: there is no KUBERNETES_SERVICE_HOST")
	}
	if dir == "" {
		dir = accountDir
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("reading whom to trust: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("ca.crt of the service account holds no certificate")
	}
	return &api{
		base: "https://" + net.JoinHostPort(host, port), token: filepath.Join(dir, "token"),
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}},
	}, nil
}

func (a *api) Get(ctx context.Context, namespace, name string) (*secret, error) {
	s := &secret{path: "/api/v1/namespaces/" + url.PathEscape(namespace) + "/secrets/" + url.PathEscape(name)}
	body, err := a.do(ctx, http.MethodGet, s.path, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the Secret %s/%s: %w", namespace, name, err)
	}
	err = json.Unmarshal(body, &s.object)
	if data := s.object["data"]; err == nil && data != nil {
		err = json.Unmarshal(data, &s.data)
	}
	if err != nil {
		return nil, fmt.Errorf("the Secret %s/%s is not as it should be", namespace, name)
	}
	return s, nil
}

// Update writes the Secret back with the version that was read: the API server
// refuses it if that is not the latest.
func (a *api) Update(ctx context.Context, s *secret) error {
	data, err := json.Marshal(s.data)
	if err != nil {
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	s.object["data"] = data
	body, err := json.Marshal(s.object)
	if err != nil {
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	if _, err = a.do(ctx, http.MethodPut, s.path, body); err != nil {
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	return nil
}

// answerSize bounds an answer; a Secret has at most 1 MiB.
const answerSize = 4 << 20

func (a *api) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	token, err := os.ReadFile(a.token)
	if err != nil {
		return nil, fmt.Errorf("reading the service account's token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	res, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read to its end, or is given up
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerSize))
	if err != nil {
		return nil, err
	}
	return answer, refusal(res.StatusCode, answer)
}

// refusal is the error of an answer that is none; what the API server says has
// no value of a Secret in it.
func refusal(code int, answer []byte) error {
	if code < http.StatusBadRequest {
		return nil
	}
	if code == http.StatusConflict {
		return errConflict
	}
	var status struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(answer, &status); err != nil || status.Message == "" {
		return fmt.Errorf("the API server answers %d", code)
	}
	return fmt.Errorf("the API server answers %d: %s", code, status.Message)
}
