package cluster

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
)

func secret(namespace, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "db"}, Data: map[string][]byte{"password": []byte(value)}}
}

// TestDocumentsReadTheSecretsOfTheirOwnNamespace and of no other, whatever the
// function may read.
func TestDocumentsReadTheSecretsOfTheirOwnNamespace(t *testing.T) {
	client := fake.NewClientset(secret("connectors", "ours"), secret("a", "of a"), secret("b", "of b"))
	for _, c := range []struct {
		namespaces      []string
		namespace, want string
	}{
		{[]string{"connectors"}, "", "ours"},
		{[]string{"connectors"}, "connectors", "ours"},
		{[]string{"connectors"}, "a", ""},
		{[]string{"a"}, "a", "of a"},
		{[]string{"a"}, "b", ""},
		{[]string{"a"}, "", "ours"},
		{[]string{"*"}, "b", "of b"},
	} {
		r, err := secrets{client: client, home: "connectors", namespaces: c.namespaces}.of(c.namespace)
		if err != nil {
			if c.want != "" || !strings.Contains(err.Error(), "KNELT_NAMESPACES") {
				t.Errorf("%v, %q: %v", c.namespaces, c.namespace, err)
			}
			continue
		}
		if got, err := r.Lookup(connection.Reference{Scheme: connection.SchemeSecret, Name: "db/password"}); err != nil || got != c.want {
			t.Errorf("%v, %q: got %q, %v", c.namespaces, c.namespace, got, err)
		}
	}
}

// TestASecretThatCouldNotBeReadIsNobodysMistake: the request has to come again, and
// no sync has failed.
func TestASecretThatCouldNotBeReadIsNobodysMistake(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		passes bool
	}{
		"the pod was deleted":     {apierrors.NewUnauthorized("Unauthorized"), true},
		"the API server restarts": {syscall.ECONNREFUSED, true},
		"it is busy":              {apierrors.NewTooManyRequests("later", 1), true},
		"a role is missing":       {apierrors.NewForbidden(corev1.Resource("secrets"), "db", nil), false},
	} {
		client := fake.NewClientset()
		client.PrependReactor("get", "secrets", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, c.answer })
		r, err := secrets{client: client, home: "connectors"}.of("")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = connection.Resolve([]byte(`{"password": "${secret:db/password}"}`), r)
		problems := errors.As(err, new(*connection.Problems))
		if err == nil || errors.Is(err, connector.ErrUnavailable) != c.passes || problems == c.passes || !strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %v, of which problems: %t", name, err, problems)
		}
	}
}

func TestAReferenceThatCannotBeResolvedSaysWhatToDo(t *testing.T) {
	r, err := secrets{client: fake.NewClientset(secret("connectors", "x")), home: "connectors"}.of("")
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[connection.Reference]string{
		{Scheme: connection.SchemeEnv, Name: "PASSWORD"}:          "put the value into a Secret in namespace connectors",
		{Scheme: connection.SchemeSecret, Name: "other/password"}: "there is no Secret other in namespace connectors: create it, with the key password",
		{Scheme: connection.SchemeSecret, Name: "db/user"}:        "has no key user",
	} {
		if _, err := r.Lookup(ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
