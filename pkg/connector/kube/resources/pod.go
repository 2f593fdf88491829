package resources

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/connector"
)

// The containers of a pod.
const (
	ConnectorContainer = "connector"
	BridgeContainer    = "bridge"
	InstallContainer   = "install-bridge"
)

// Port is where bridges listen for relays.
const Port = 7070

// Pod makes the pod of a connector. An error is a mistake in the connector's
// document that only Kubernetes' types can tell.
func Pod(s Settings, w Wanted) (*corev1.Pod, error) {
	p := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: meta(s, w),
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: new(int64(s.Grace / time.Second)),
			ServiceAccountName:            s.ServiceAccount,
			AutomountServiceAccountToken:  new(false),
			EnableServiceLinks:            new(false),
			SecurityContext:               podSecurity(w.User),
			ImagePullSecrets:              pullSecrets(s, w),
			InitContainers:                initContainers(s, w),
			Volumes:                       volumes(s, w),
		},
	}
	if w.Command != connector.Read && w.Command != connector.Write && s.Deadline > 0 {
		p.Spec.ActiveDeadlineSeconds = new(int64(s.Deadline / time.Second))
	}
	c, err := connectorContainer(s, w)
	if err != nil {
		return nil, err
	}
	p.Spec.Containers = []corev1.Container{c}
	return p, place(&p.Spec, w.Connector.Pod)
}

// meta is the pod's; its Secret has the same labels.
func meta(s Settings, w Wanted) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: s.Namespace, Name: w.Name, Labels: map[string]string{}, Annotations: map[string]string{
		"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
		"karpenter.sh/do-not-disrupt":                    "true",
		"kubectl.kubernetes.io/default-container":        ConnectorContainer,
		AnnotationImage: w.Connector.Image,
	}}
	maps.Copy(m.Labels, w.Connector.Pod.PodLabels)
	maps.Copy(m.Labels, labels(w))
	maps.Copy(m.Annotations, w.Connector.Pod.PodAnnotations)
	if w.User.Note != "" {
		m.Annotations[AnnotationUser] = w.User.Note
	}
	if w.Seat != nil {
		m.Annotations[LabelConnection] = w.Seat.Connection
		m.Annotations[AnnotationEpoch] = strconv.FormatInt(w.Seat.Epoch, 10)
	}
	return m
}

func labels(w Wanted) map[string]string {
	l := map[string]string{
		LabelName: Name, LabelManagedBy: ManagedBy, LabelCommand: string(w.Command), LabelComponent: string(w.Command),
	}
	if w.Seat != nil {
		l[LabelComponent] = Side(w.Command)
		l[LabelSide] = Side(w.Command)
		l[LabelConnection] = ConnectionLabel(w.Seat.Connection)
		l[LabelSync] = strconv.FormatInt(w.Seat.Sync, 10)
		l[LabelAttempt] = strconv.Itoa(w.Seat.Attempt)
	}
	return l
}

// podSecurity is what the Pod Security Standard restricted asks for, unless the
// document wants root.
func podSecurity(u User) *corev1.PodSecurityContext {
	c := &corev1.PodSecurityContext{
		RunAsUser:      new(u.UID),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if !u.Root() {
		c.RunAsNonRoot = new(true)
	}
	return c
}

func containerSecurity(writable bool) *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		ReadOnlyRootFilesystem:   new(!writable),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

func pullSecrets(s Settings, w Wanted) []corev1.LocalObjectReference {
	var refs []corev1.LocalObjectReference
	for _, name := range PullSecrets(s, w.Connector.Pod) {
		refs = append(refs, corev1.LocalObjectReference{Name: name})
	}
	return refs
}

// PullSecrets are the names of the Secrets that an image is pulled with: the
// document's, then those of the installation.
func PullSecrets(s Settings, p connector.Pod) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	for _, ref := range p.ImagePullSecrets {
		add(ref.Name)
	}
	for _, name := range s.PullSecrets {
		add(name)
	}
	return names
}

// Secret makes the Secret with the pod's seed.
func Secret(s Settings, w Wanted, seed string) *corev1.Secret {
	m := metav1.ObjectMeta{Namespace: s.Namespace, Name: w.Name, Labels: labels(w)}
	if w.Seat != nil {
		m.Annotations = map[string]string{LabelConnection: w.Seat.Connection}
	}
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: m, Type: corev1.SecretTypeOpaque, Immutable: new(true),
		StringData: map[string]string{SeedKey: seed},
	}
}

// SeedKey is the key of a pod's Secret.
const SeedKey = "seed"

// Owner is the reference by which a Secret goes with its pod.
func Owner(p *corev1.Pod) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID}
}

func problem(format string, args ...any) error { return fmt.Errorf(format, args...) }
