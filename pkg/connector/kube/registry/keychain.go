package registry

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Keys are the credentials of pull secrets, in the order of these. Who is not
// known is asked without any.
type Keys []Key

// Key is one entry of a pull secret.
type Key struct {
	// Where is a registry, or the beginning of a path in one, as kubelets match
	// it: example.com, example.com:5000/team.
	Where string
	Auth  authn.AuthConfig
}

// Resolve implements authn.Keychain: the longest match counts.
func (k Keys) Resolve(target authn.Resource) (authn.Authenticator, error) {
	best := -1
	for i, key := range k {
		if key.covers(target) && (best < 0 || len(key.Where) > len(k[best].Where)) {
			best = i
		}
	}
	if best < 0 {
		return authn.Anonymous, nil
	}
	return authn.FromConfig(k[best].Auth), nil
}

func (k Key) covers(target authn.Resource) bool {
	host, path, _ := strings.Cut(k.Where, "/")
	if host != target.RegistryStr() && !wild(host, target.RegistryStr()) {
		return false
	}
	rest := strings.TrimPrefix(target.String(), target.RegistryStr()+"/")
	return path == "" || rest == path || strings.HasPrefix(rest, strings.TrimSuffix(path, "/")+"/")
}

// wild matches *.example.com, one element for each star.
func wild(pattern, host string) bool {
	want, have := strings.Split(pattern, "."), strings.Split(host, ".")
	if !strings.Contains(pattern, "*") || len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != have[i] {
			return false
		}
	}
	return true
}

// ParseSecret reads a Secret of the type kubernetes.io/dockerconfigjson or
// kubernetes.io/dockercfg. The error does not quote it.
func ParseSecret(data map[string][]byte) (Keys, error) {
	if text, ok := data[".dockerconfigjson"]; ok {
		var file struct {
			Auths map[string]entry `json:"auths"`
		}
		if json.Unmarshal(text, &file) != nil {
			return nil, errors.New("its .dockerconfigjson is no JSON of that kind")
		}
		return keysOf(file.Auths)
	}
	if text, ok := data[".dockercfg"]; ok {
		var auths map[string]entry
		if json.Unmarshal(text, &auths) != nil {
			return nil, errors.New("its .dockercfg is no JSON of that kind")
		}
		return keysOf(auths)
	}
	return nil, errors.New("it has neither .dockerconfigjson nor .dockercfg")
}

type entry struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

func keysOf(auths map[string]entry) (Keys, error) {
	var keys Keys
	for where, e := range auths {
		auth, err := e.config()
		if err != nil {
			return nil, fmt.Errorf("its entry for %s: %w", where, err)
		}
		keys = append(keys, Key{Where: place(where), Auth: auth})
	}
	return keys, nil
}

func (e entry) config() (authn.AuthConfig, error) {
	c := authn.AuthConfig{Username: e.Username, Password: e.Password, IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken}
	if e.Auth == "" || c.Username != "" {
		return c, nil
	}
	text, err := base64.StdEncoding.DecodeString(e.Auth)
	if err != nil {
		return c, errors.New("its auth is no base64")
	}
	user, password, ok := strings.Cut(string(text), ":")
	if !ok {
		return c, errors.New("its auth is no USER:PASSWORD")
	}
	c.Username, c.Password = user, password
	return c, nil
}

// place brings the ways in which registries are written into one:
// https://index.docker.io/v1/ is Docker's own, schemes and versions of the API
// do not count.
func place(where string) string {
	where = strings.TrimPrefix(strings.TrimPrefix(where, "https://"), "http://")
	where = strings.TrimSuffix(where, "/")
	for _, version := range []string{"/v1", "/v2"} {
		where = strings.TrimSuffix(where, version)
	}
	host, path, _ := strings.Cut(where, "/")
	if host == "docker.io" || host == "registry-1.docker.io" {
		host = name.DefaultRegistry
	}
	if path == "" {
		return host
	}
	return host + "/" + path
}
