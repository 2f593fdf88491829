//go:build linux

package kube

import (
	"testing"

	authv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// rights are all that Knelt needs in the namespace of connectors. A copy stands
// in docs/kubernetes.md.
var rights = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create", "get", "list", "watch", "delete"}},
	{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create", "get", "list", "patch", "delete"}},
	{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"list"}},
}

// knelts is a client with these rights and no others.
func knelts(t testing.TB, namespace string) kubernetes.Interface {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const name = "knelt"
	rbac := world.client.RbacV1()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{GenerateName: name}, Rules: rights}
	role, err := rbac.Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{})
	must(err)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "default", Namespace: namespace}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
	}
	_, err = rbac.RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{})
	must(err)
	token, err := world.client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), "default", &authv1.TokenRequest{}, metav1.CreateOptions{})
	must(err)
	as := rest.AnonymousClientConfig(world.settings)
	as.BearerToken = token.Status.Token
	client, err := kubernetes.NewForConfig(as)
	must(err)
	return client
}
