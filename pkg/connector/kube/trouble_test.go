package kube

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
)

// status makes a pod's status.
type change func(*corev1.Pod)

func deletion(reason, message string) change {
	return func(p *corev1.Pod) {
		p.DeletionTimestamp = new(metav1.Now())
		if reason != "" {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason, Message: message})
		}
	}
}

func phase(ph corev1.PodPhase, reason, message string) change {
	return func(p *corev1.Pod) { p.Status.Phase, p.Status.Reason, p.Status.Message = ph, reason, message }
}

func waits(container, reason, message string) change {
	return in(container, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}})
}

func terminated(container, reason, message string, code int32) change {
	return in(container, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, Message: message, ExitCode: code}})
}

func in(container string, state corev1.ContainerState) change {
	return func(p *corev1.Pod) {
		s := corev1.ContainerStatus{Name: container, Image: "registry.example/" + container + ":1", State: state}
		if container == resources.ConnectorContainer {
			p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, s)
		} else {
			p.Status.InitContainerStatuses = append(p.Status.InitContainerStatuses, s)
		}
	}
}

func restarted(p *corev1.Pod) {
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{{
		Name: resources.BridgeContainer, RestartCount: 1, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2, Message: "no seed\n"}},
	}}
}

func scheduled(reason, message string) change {
	return func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason, Message: message}}
	}
}

func somePod(changes ...change) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-1-1-source", Annotations: map[string]string{resources.AnnotationImage: "airbyte/source-shop:1"}},
		Spec: corev1.PodSpec{NodeName: "node1", Containers: []corev1.Container{{
			Name:      resources.ConnectorContainer,
			Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi")}},
		}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}
	for _, do := range changes {
		do(p)
	}
	return p
}

// TestWhatKeepsAPodFromRunningIsUnderstood: all that Kubernetes may tell of a
// pod, and what a user hears of it.
func TestWhatKeepsAPodFromRunningIsUnderstood(t *testing.T) {
	const c, b, i = resources.ConnectorContainer, resources.BridgeContainer, resources.InstallContainer
	for name, one := range map[string]struct {
		changes  []change
		kind     kind
		patience patience
		say      []string
	}{
		"preempted":          {[]change{deletion("PreemptionByScheduler", "")}, over, none, []string{"preempted", "priorityClassName"}},
		"tainted":            {[]change{deletion("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")}, over, none, []string{"tainted", "node1", "NoExecute"}},
		"drained":            {[]change{deletion("EvictionByEvictionAPI", "")}, over, none, []string{"evicted", "drained", "node1"}},
		"collected":          {[]change{deletion("DeletionByPodGC", "")}, over, none, []string{"node is gone"}},
		"by the kubelet":     {[]change{deletion("TerminationByKubelet", "shutdown")}, over, none, []string{"node ended it", "shutdown"}},
		"deleted":            {[]change{deletion("", "")}, over, none, []string{"somebody deleted it"}},
		"lost while deleted": {[]change{deletion("", ""), phase(corev1.PodRunning, "NodeLost", "")}, over, none, []string{"does not answer", "node1"}},

		"evicted": {
			[]change{phase(corev1.PodFailed, "Evicted", "Usage of EmptyDir volume \"tmp\" exceeds the limit \"5Gi\".")}, over, none,
			[]string{"evicted", "EmptyDir", "5Gi", "tmpSize"},
		},
		"too long":       {[]change{phase(corev1.PodFailed, "DeadlineExceeded", "")}, over, none, []string{"longer than a command may"}},
		"shut down":      {[]change{phase(corev1.PodFailed, "NodeShutdown", "")}, over, none, []string{"shut down"}},
		"terminated":     {[]change{phase(corev1.PodFailed, "Terminated", "Pod was terminated in response to imminent node shutdown.")}, over, none, []string{"imminent"}},
		"node lost":      {[]change{phase(corev1.PodFailed, "NodeLost", "")}, over, none, []string{"does not answer"}},
		"no memory left": {[]change{phase(corev1.PodFailed, "OutOfmemory", "")}, over, none, []string{"no memory left"}},
		"no CPU left":    {[]change{phase(corev1.PodFailed, "OutOfcpu", "")}, over, none, []string{"no CPU left"}},
		"too many pods":  {[]change{phase(corev1.PodFailed, "OutOfpods", "")}, over, none, []string{"as many pods"}},
		"not admitted":   {[]change{phase(corev1.PodFailed, "UnexpectedAdmissionError", "devices")}, over, none, []string{"refused", "devices"}},
		"other labels":   {[]change{phase(corev1.PodFailed, "NodeAffinity", "")}, over, none, []string{"labels"}},
		"out of memory":  {[]change{phase(corev1.PodFailed, "", ""), terminated(c, "OOMKilled", "", 137)}, over, none, []string{"want of memory", "2Gi", "limits.memory"}},
		"all ended":      {[]change{phase(corev1.PodSucceeded, "", ""), terminated(c, "Completed", "", 0)}, over, none, []string{"have ended"}},
		"ended with the bridge": {
			[]change{phase(corev1.PodFailed, "", ""), terminated(b, "Error", "the lease is lost: nobody has held it\n", 1)}, over, none,
			[]string{"bridge ended (code 1)", "the lease is lost"},
		},

		"bridge ended":         {[]change{terminated(b, "Error", "no seed", 2)}, over, none, []string{"bridge ended (code 2)", "no seed"}},
		"bridge restarted":     {[]change{restarted}, over, none, []string{"bridge ended (code 2)", "no seed"}},
		"bridge out of memory": {[]change{terminated(b, "OOMKilled", "", 137)}, over, none, []string{"bridge ran out of memory"}},
		"not copied":           {[]change{terminated(i, "Error", "no space left", 1)}, toMend, none, []string{"copying the bridge", "no space left"}},

		"no such tag": {
			[]change{waits(c, "ErrImagePull", `failed to resolve reference "x": x: not found`)}, toMend, none,
			[]string{"registry.example/connector:1 cannot be pulled", "not found", "spec.connector.image"},
		},
		"no access":          {[]change{waits(c, "ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: pull access denied`)}, toMend, none, []string{"imagePullSecrets"}},
		"other architecture": {[]change{waits(c, "ErrImagePull", "no match for platform in manifest")}, toMend, none, []string{"platform"}},
		"registry away":      {[]change{waits(c, "ErrImagePull", "dial tcp: i/o timeout")}, mayPass, ofPulling, []string{"cannot be pulled", "i/o timeout", "reach the registry"}},
		"bad name":           {[]change{waits(c, "InvalidImageName", "")}, toMend, none, []string{"no valid name"}},
		"never pulled":       {[]change{waits(c, "ErrImageNeverPull", "")}, toMend, none, []string{"imagePullPolicy"}},
		"the bridge's image": {[]change{waits(b, "ErrImagePull", "not found")}, toMend, none, []string{"the bridge's image", "KNELT_BRIDGE_IMAGE"}},
		"bad config":         {[]change{waits(c, "CreateContainerConfigError", `secret "x" not found`)}, toMend, none, []string{"cannot be made", `secret "x"`}},
		"not made":           {[]change{waits(c, "CreateContainerError", "context deadline")}, toMend, none, []string{"cannot be started", "KNELT_BRIDGE_DELIVERY"}},
		"not run":            {[]change{waits(c, "RunContainerError", "exec format error")}, toMend, none, []string{"exec format error"}},
		"again and again":    {[]change{waits(b, "CrashLoopBackOff", "")}, over, none, []string{"again and again"}},
		"start error":        {[]change{terminated(c, "StartError", "exec /knelt/bin/bridge: exec format error", 128)}, toMend, none, []string{"architecture", "exec format error"}},
		"unknown":            {[]change{terminated(c, "ContainerStatusUnknown", "", 137)}, over, none, []string{"lost track"}},

		"no room": {
			[]change{scheduled("Unschedulable", "0/3 nodes are available: 3 Insufficient memory.")}, mayPass, ofScheduling,
			[]string{"no node has room", "Insufficient memory", "requests"},
		},
		"held back": {[]change{scheduled("SchedulingGated", "")}, mayPass, ofScheduling, []string{"gate"}},
	} {
		p := somePod(one.changes...)
		got := diagnose(p)
		if got == nil {
			t.Errorf("%s: nothing is wrong with it", name)
			continue
		}
		if got.kind != one.kind || got.patience != one.patience {
			t.Errorf("%s: kind %d, patience %d", name, got.kind, got.patience)
		}
		err := got.err(p)
		var start *connector.StartError
		if errors.As(err, &start) != (one.kind == toMend) {
			t.Errorf("%s: %T", name, err)
		}
		for _, word := range append(one.say, "pod shop-1-1-source") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", name, err, word)
			}
		}
	}
}

func TestAPodOnItsWayIsInNoTrouble(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	for name, changes := range map[string][]change{
		"new":          nil,
		"creating":     {waits(resources.BridgeContainer, "PodInitializing", ""), waits(resources.ConnectorContainer, "ContainerCreating", "")},
		"copied":       {terminated(resources.InstallContainer, "Completed", "", 0)},
		"running":      {phase(corev1.PodRunning, "", ""), in(resources.BridgeContainer, running), in(resources.ConnectorContainer, running)},
		"handing over": {phase(corev1.PodRunning, "", ""), in(resources.BridgeContainer, running), terminated(resources.ConnectorContainer, "Error", "", 1)},
		"killed":       {phase(corev1.PodRunning, "", ""), in(resources.BridgeContainer, running), terminated(resources.ConnectorContainer, "OOMKilled", "", 137)},
		"may be ended": {func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}}
		}},
		"was scheduled": {func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
		}},
	} {
		if got := diagnose(somePod(changes...)); got != nil {
			t.Errorf("%s: %+v", name, *got)
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	if got := saying(strings.Repeat("é\n", 10_000)); len(got) > 2000 || strings.Contains(got, "\n") {
		t.Errorf("%d bytes", len(got))
	}
}
