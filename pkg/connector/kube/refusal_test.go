package kube

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"knelt.dev/pkg/connector"
)

// TestWhyAPodIsNotCreatedIsUnderstood: the texts are those of Kubernetes 1.36.
func TestWhyAPodIsNotCreatedIsUnderstood(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := func(text string) error { return apierrors.NewForbidden(pods, "x", errors.New(text)) }
	for _, c := range []struct {
		err   error
		start bool
		say   []string
	}{
		{forbidden(`violates PodSecurity "restricted:latest": runAsNonRoot != true`), true, []string{"Pod Security", "runAsNonRoot", "runAsRoot"}},
		{forbidden("exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"), false, []string{"quota", "pods=4"}},
		{forbidden("failed quota: small: must specify limits.cpu for: connector"), true, []string{"limits", "limits.cpu"}},
		{forbidden("maximum memory usage per Container is 1Gi, but limit is 2Gi"), true, []string{"LimitRange", "1Gi"}},
		{forbidden("no PriorityClass with name low was found"), true, []string{"priorityClassName", "low"}},
		{forbidden(`error looking up service account knelt/x: serviceaccount "x" not found`), true, []string{"service account"}},
		{forbidden("unable to create new content in namespace knelt because it is being terminated"), true, []string{"being deleted"}},
		{forbidden(`User "system:serviceaccount:knelt:sync" cannot create resource "pods" in API group ""`), true, []string{"may not", "docs/kubernetes.md"}},
		{apierrors.NewBadRequest(`admission webhook "policy.example" denied the request: no latest tags`), true, []string{"policy", "no latest tags"}},
		{apierrors.NewUnauthorized("expired"), false, []string{"token"}},
		{apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "x", field.ErrorList{field.Invalid(field.NewPath("spec", "nodeSelector"), "a b", "bad")}), true, []string{"invalid", "nodeSelector"}},
		{apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "knelt"), true, []string{"namespace", "knelt"}},
		{apierrors.NewTooManyRequests("slow down", 1), false, []string{"slow down"}},
		{apierrors.NewInternalError(errors.New("etcd")), false, []string{"etcd"}},
		{errors.New("connection refused"), false, []string{"connection refused"}},
	} {
		got := refused("airbyte/source-shop:1", "shop-1-1-source", c.err)
		if start := new(*connector.StartError); errors.As(got, start) != c.start {
			t.Errorf("%v: %T", got, got)
		}
		for _, word := range c.say {
			if !strings.Contains(got.Error(), word) {
				t.Errorf("%q does not say %q", got, word)
			}
		}
	}
}
