package kube

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
)

// kind is what a trouble means for the run.
type kind int

const (
	// toMend does not pass until somebody changes something.
	toMend kind = iota
	// mayPass is told when it has lasted too long; the next attempt may have
	// more luck.
	mayPass
	// over is the end of this pod: the next attempt has another one.
	over
)

// patience is how long a trouble may last.
type patience int

const (
	none patience = iota
	ofPulling
	ofScheduling
)

// trouble is why a pod does not run, or does so no more.
type trouble struct {
	kind     kind
	patience patience
	problem  string
	fix      string
}

// diagnoses are all that is understood of a pod's status; the first that finds
// something counts.
var diagnoses = []func(*corev1.Pod) *trouble{
	deleted, evicted, ended, sidecarEnded, installFailed, notCreated, notStarted, unschedulable,
}

// diagnose tells what is wrong with a pod; nil: nothing is, as far as can be
// seen.
func diagnose(p *corev1.Pod) *trouble {
	for _, look := range diagnoses {
		if t := look(p); t != nil {
			return t
		}
	}
	return nil
}

// deletions are the reasons of the condition DisruptionTarget.
var deletions = map[string][2]string{
	"PreemptionByScheduler":  {"it was preempted: a pod of a higher priority took its place", "give the connector a priorityClassName, or the cluster more room"},
	"DeletionByTaintManager": {"it was removed because its node was tainted, which happens when a node is lost or being emptied", "see the node; tolerations let a connector stay"},
	"EvictionByEvictionAPI":  {"it was evicted from its node, as when that is drained or an autoscaler removes it", "nothing, if it was on purpose"},
	"DeletionByPodGC":        {"its node is gone", "nothing, if it was on purpose"},
	"TerminationByKubelet":   {"its node ended it", "see the node: it was short of something, or shut down"},
}

func deleted(p *corev1.Pod) *trouble {
	if p.DeletionTimestamp == nil {
		return nil
	}
	if c := condition(p, corev1.DisruptionTarget); c != nil && c.Status == corev1.ConditionTrue {
		if said, known := deletions[c.Reason]; known {
			return &trouble{over, none, said[0] + onNode(p) + saying(c.Message), said[1]}
		}
	}
	if p.Status.Reason == "NodeLost" {
		return &trouble{over, none, "its node" + onNode(p) + " does not answer", "see the node"}
	}
	return &trouble{over, none, "somebody deleted it", "stop a sync by cancelling it rather than by deleting its pods"}
}

// phases are the reasons of a pod's own status.
var phases = map[string][2]string{
	"Evicted":                  {"its node evicted it for want of something", "raise what ran out in spec.connector (resources, tmpSize), or use a bigger node"},
	"DeadlineExceeded":         {"it ran for longer than a command may", "see why the connector takes so long"},
	"NodeShutdown":             {"its node shut down", "nothing, if it was on purpose"},
	"Terminated":               {"its node shut down", "nothing, if it was on purpose"},
	"NodeLost":                 {"its node does not answer", "see the node"},
	"NodeAffinity":             {"its node refused it: its labels do not fit any more", "see nodeSelector and affinity in spec.connector"},
	"Preempting":               {"its node ended it for a more important pod", "give the cluster more room"},
	"OutOfcpu":                 {"its node refused it: there was no CPU left", "lower resources.requests.cpu in spec.connector, or give the cluster more room"},
	"OutOfmemory":              {"its node refused it: there was no memory left", "lower resources.requests.memory in spec.connector, or give the cluster more room"},
	"OutOfpods":                {"its node refused it: it runs as many pods as it may", "give the cluster more room"},
	"UnexpectedAdmissionError": {"its node refused it", "see the node"},
}

// evicted is a pod that was ended, or not begun, by its node.
func evicted(p *corev1.Pod) *trouble {
	said, known := phases[p.Status.Reason]
	if p.Status.Phase != corev1.PodFailed || !known {
		return nil
	}
	return &trouble{over, none, said[0] + onNode(p) + saying(p.Status.Message), said[1]}
}

// ended is a pod of which nothing runs any more.
func ended(p *corev1.Pod) *trouble {
	if p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded {
		return nil
	}
	for _, look := range []func(*corev1.Pod) *trouble{connectorKilled, sidecarEnded, installFailed, notStarted} {
		if t := look(p); t != nil {
			return t
		}
	}
	return &trouble{over, none, "all its containers have ended" + saying(p.Status.Message), "see their logs"}
}

// connectorKilled is a connector of which nobody but Kubernetes can tell.
func connectorKilled(p *corev1.Pod) *trouble {
	s := status(p, resources.ConnectorContainer)
	if s == nil || s.State.Terminated == nil || s.State.Terminated.Reason != "OOMKilled" {
		return nil
	}
	return &trouble{over, none, outOfMemory(p), "raise resources.limits.memory in spec.connector"}
}

// outOfMemory says what the kernel ended and what its limit is.
func outOfMemory(p *corev1.Pod) string {
	const what = "the kernel ended its container for want of memory"
	if limit := memoryLimit(p); limit != "" {
		return what + ": its limit is " + limit
	}
	return what
}

// memoryLimit is the connector's; "" if it has none.
func memoryLimit(p *corev1.Pod) string {
	for _, c := range p.Spec.Containers {
		if q, ok := c.Resources.Limits[corev1.ResourceMemory]; ok && c.Name == resources.ConnectorContainer {
			return q.String()
		}
	}
	return ""
}

// sidecarEnded is a bridge that ended, or was started a second time: what it held
// is lost.
func sidecarEnded(p *corev1.Pod) *trouble {
	s := status(p, resources.BridgeContainer)
	if s == nil {
		return nil
	}
	end := s.State.Terminated
	if end == nil {
		end = s.LastTerminationState.Terminated
	}
	switch {
	case end == nil:
		return nil
	case end.Reason == "OOMKilled":
		return &trouble{over, none, "its bridge ran out of memory", "raise the sidecar's memory limit in Knelt's settings"}
	}
	return &trouble{over, none, fmt.Sprintf("its bridge ended (code %d)", end.ExitCode) + saying(end.Message), "see the log of its container " + resources.BridgeContainer}
}

func installFailed(p *corev1.Pod) *trouble {
	s := status(p, resources.InstallContainer)
	if s == nil || s.State.Terminated == nil || s.State.Terminated.ExitCode == 0 {
		return nil
	}
	end := s.State.Terminated
	return &trouble{toMend, none, fmt.Sprintf("copying the bridge into it failed (code %d)", end.ExitCode) + saying(end.Message), "see the log of its container " + resources.InstallContainer}
}

// final tells of a failed pull that the next will fail, too.
var final = regexp.MustCompile(`(?i)not found|manifest unknown|denied|unauthorized|authentication required|forbidden|no match for platform|invalid reference`)

// notCreated is a container that waits for something to be right.
func notCreated(p *corev1.Pod) *trouble {
	for _, s := range statuses(p) {
		if s.State.Waiting == nil {
			continue
		}
		if t := waiting(s); t != nil {
			return t
		}
	}
	return nil
}

func waiting(s corev1.ContainerStatus) *trouble {
	w := s.State.Waiting
	image, fix := "the image "+s.Image, "correct spec.connector.image"
	if s.Name != resources.ConnectorContainer {
		image, fix = "the bridge's image "+s.Image, "correct the bridge's image in Knelt's settings (KNELT_BRIDGE_IMAGE)"
	}
	switch w.Reason {
	case "InvalidImageName":
		return &trouble{toMend, none, image + " is no valid name" + saying(w.Message), fix}
	case "ErrImageNeverPull":
		return &trouble{toMend, none, image + " is not on the node, and imagePullPolicy is Never", "load it on all nodes, or choose another policy"}
	case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed":
		if final.MatchString(w.Message) {
			return &trouble{toMend, none, image + " cannot be pulled" + saying(w.Message), fix + ", or give imagePullSecrets that may pull it"}
		}
		return &trouble{mayPass, ofPulling, image + " cannot be pulled" + saying(w.Message), "see whether the nodes reach the registry"}
	case "CreateContainerConfigError":
		return &trouble{toMend, none, "its container " + s.Name + " cannot be made" + saying(w.Message), "a Secret may be missing, or the user be refused: see docs/kubernetes.md"}
	case "CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError", "PostStartHookError":
		return &trouble{toMend, none, "its container " + s.Name + " cannot be started" + saying(w.Message), "where the node cannot mount images (KNELT_BRIDGE_DELIVERY), use copy"}
	case "CrashLoopBackOff":
		return &trouble{over, none, "its container " + s.Name + " ends again and again" + saying(w.Message), "see its log"}
	}
	return nil
}

// notStarted is a container that the node could make and not start.
func notStarted(p *corev1.Pod) *trouble {
	for _, s := range statuses(p) {
		end := s.State.Terminated
		if end == nil || !slices.Contains([]string{"StartError", "ContainerCannotRun", "ContainerStatusUnknown"}, end.Reason) {
			continue
		}
		if end.Reason == "ContainerStatusUnknown" {
			return &trouble{over, none, "its node lost track of its container " + s.Name, "see the node"}
		}
		return &trouble{toMend, none, "its container " + s.Name + " cannot be started" + saying(end.Message), "see that the image is built for the node's architecture"}
	}
	return nil
}

func unschedulable(p *corev1.Pod) *trouble {
	c := condition(p, corev1.PodScheduled)
	if c == nil || c.Status != corev1.ConditionFalse {
		return nil
	}
	if c.Reason == "SchedulingGated" {
		return &trouble{mayPass, ofScheduling, "somebody holds it back by a scheduling gate" + saying(c.Message), "see who does"}
	}
	return &trouble{mayPass, ofScheduling, "no node has room for it" + saying(c.Message), "lower its requests, correct nodeSelector, affinity and tolerations in spec.connector, or give the cluster more room"}
}

// statuses are those of all containers, in the order in which they start.
func statuses(p *corev1.Pod) []corev1.ContainerStatus {
	return slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses)
}

func status(p *corev1.Pod, container string) *corev1.ContainerStatus {
	for _, s := range statuses(p) {
		if s.Name == container {
			return &s
		}
	}
	return nil
}

func condition(p *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	for _, c := range p.Status.Conditions {
		if c.Type == t {
			return &c
		}
	}
	return nil
}

func onNode(p *corev1.Pod) string {
	if p.Spec.NodeName == "" {
		return ""
	}
	return " (" + p.Spec.NodeName + ")"
}

// saying adds what Kubernetes says, as one line of bounded length.
func saying(message string) string {
	const longest = 500
	text := strings.TrimSuffix(strings.Join(strings.Fields(message), " "), ".")
	if text == "" {
		return ""
	}
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	return ": " + text
}

// PodError tells what happened to a connector's pod.
type PodError struct {
	// Pod is its name.
	Pod string
	// Problem says what is wrong, Fix what can be done about it.
	Problem, Fix string
}

func (e *PodError) Error() string {
	return fmt.Sprintf("pod %s: %s; %s", e.Pod, e.Problem, e.Fix)
}

// Is tells that it may pass: connector.ErrUnavailable.
func (e *PodError) Is(target error) bool { return target == connector.ErrUnavailable }

// err is the error of a trouble: a *connector.StartError for what has to be
// mended, else a *PodError.
func (t *trouble) err(p *corev1.Pod) error {
	if t.kind == toMend {
		return &connector.StartError{Program: p.Annotations[resources.AnnotationImage], Problem: "pod " + p.Name + ": " + t.problem, Fix: t.fix}
	}
	return &PodError{Pod: p.Name, Problem: t.problem, Fix: t.fix}
}
