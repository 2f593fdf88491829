package kube

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"knelt.dev/pkg/connector"
)

// refusals are the ways in which an API server does not create a pod. The first
// that holds counts; what none of them knows may pass.
var refusals = []struct {
	holds        func(err error, text string) bool
	kind         kind
	problem, fix string
}{
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && strings.Contains(text, "violates PodSecurity")
		},
		toMend, "the namespace's Pod Security level refuses its pod", "leave out what the level forbids (such as runAsRoot in spec.connector), or run connectors in a namespace of another level",
	},
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && strings.Contains(text, "exceeded quota")
		},
		mayPass, "the namespace's quota has no room for its pod", "wait until others have ended, lower resources in spec.connector, or raise the quota",
	},
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && (strings.Contains(text, "usage per") || strings.Contains(text, "failed quota"))
		},
		toMend, "the namespace's limits refuse its pod", "set resources in spec.connector as the namespace's LimitRange and ResourceQuota demand",
	},
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && strings.Contains(text, "no PriorityClass")
		},
		toMend, "its priorityClassName does not exist", "correct it in spec.connector",
	},
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && strings.Contains(text, "serviceaccount") && strings.Contains(text, "not found")
		},
		toMend, "the service account for connectors does not exist", "create it, or correct Knelt's settings",
	},
	{
		func(err error, text string) bool {
			return apierrors.IsForbidden(err) && strings.Contains(text, "being terminated")
		},
		toMend, "the namespace for connectors is being deleted", "choose another namespace",
	},
	{
		func(err error, text string) bool {
			return strings.Contains(text, "admission webhook") && strings.Contains(text, "denied")
		},
		toMend, "a policy of the cluster refuses its pod", "change what the policy names",
	},
	{
		// So it is for a function whose own pod was deleted, and which lives on for a moment.
		func(err error, _ string) bool { return apierrors.IsUnauthorized(err) },
		mayPass, "the API server does not take Knelt's token", "if it stays so, see that the function's service account exists",
	},
	{
		func(err error, _ string) bool { return apierrors.IsForbidden(err) },
		toMend, "Knelt may not make its pod", "give Knelt's service account the rights in docs/kubernetes.md",
	},
	{
		func(err error, _ string) bool { return apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) },
		toMend, "Kubernetes finds its pod invalid", "correct spec.connector",
	},
	{
		func(err error, _ string) bool { return apierrors.IsNotFound(err) },
		toMend, "the namespace for connectors does not exist", "create it, or correct Knelt's settings",
	},
}

// refused explains why a pod was not created.
func refused(image, pod string, err error) error {
	if errors.As(err, new(*connector.StartError)) {
		return err
	}
	text := err.Error()
	for _, r := range refusals {
		switch {
		case !r.holds(err, text):
		case r.kind == toMend:
			return &connector.StartError{Program: image, Problem: r.problem + saying(text), Fix: r.fix, Err: err}
		default:
			return &PodError{Pod: pod, Problem: r.problem + saying(text), Fix: r.fix}
		}
	}
	return fmt.Errorf("creating pod %s: %w", pod, err)
}

// imagesUnknown tells an API server that does not know image volumes, which
// leaves nothing of the volume's source.
func imagesUnknown(err error) bool {
	return apierrors.IsInvalid(err) && strings.Contains(err.Error(), "must specify a volume type")
}
