package manifests

import (
	"regexp"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestSecretsAreEmpty(t *testing.T) {
	for _, s := range of[*corev1.Secret](everything(t)) {
		if len(s.Data) > 0 || len(s.StringData) > 0 {
			t.Errorf("the Secret %s/%s has a content", s.Namespace, s.Name)
		}
	}
}

// credential matches what a credential looks like: an address with a password,
// a key, a long word of base64 or hexadecimal digits.
var credential = regexp.MustCompile(`://[^/\s:@]*:[^/\s@]+@|-----BEGIN|(?i)(password|passwd|api[_-]?key)\s*[:=]\s*["']?[^\s"']|\b[A-Za-z0-9+/]{40,}={0,2}\b`)

func TestNothingLooksLikeACredential(t *testing.T) {
	for _, env := range []string{"REDIS=disk", "REDIS=emptydir"} {
		if found := credential.FindString(render(t, env)); found != "" {
			t.Errorf("%s: %q looks like a credential", env, found)
		}
	}
	for _, sample := range []string{"redis://engine:hunter2@host", "password: hunter2", "api_key=x", "QUtJQUlPU0ZPRE5ON0VYQU1QTEVRVUtJQUlPU0ZPRE5O"} {
		if !credential.MatchString(sample) {
			t.Errorf("%q is not recognised", sample)
		}
	}
}

// secretName is a variable that is to hold no literal value.
var secretName = regexp.MustCompile(`STORE$|PASSWORD|TOKEN|KEY$`)

func TestSecretVariablesComeFromSecrets(t *testing.T) {
	for _, p := range pods(everything(t)) {
		for _, c := range p.containers() {
			for _, v := range c.Env {
				if secretName.MatchString(v.Name) && (v.Value != "" || v.ValueFrom == nil || v.ValueFrom.SecretKeyRef == nil) {
					t.Errorf("%s: %s has a literal value", p.name, v.Name)
				}
			}
		}
	}
}
