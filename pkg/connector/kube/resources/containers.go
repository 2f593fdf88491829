package resources

import (
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Where things are mounted.
const (
	// memoryMount is the memory volume. The sidecar makes shared in it, of mode
	// 0700: the mount itself is everybody's.
	memoryMount = "/knelt/memory"
	shared      = memoryMount + "/pod"
	binMount    = "/knelt/bin"
	seedMount   = "/knelt/seed"
	storeMount  = "/knelt/store"
	tmpMount    = "/tmp"
)

// aloneName and aloneSync are what a bridge and its relay call the sync of a pod
// that has none.
const (
	AloneConnection = "alone"
	AloneSync       = 1
)

// StderrWindow is how much of a log may wait for its relay, at either end, before
// the oldest is dropped. It is taken from memory only while it waits.
const StderrWindow = 4 << 20

// initContainers are the sidecar and, where images cannot be mounted, what copies
// the bridge. There are no probes: the relay dials until it is answered, and a
// probe's shortest period is a second.
func initContainers(s Settings, w Wanted) []corev1.Container {
	sidecar := corev1.Container{
		Name: BridgeContainer, Image: s.Bridge, ImagePullPolicy: s.BridgePullPolicy,
		Args:            serveArgs(s, w),
		RestartPolicy:   new(corev1.ContainerRestartPolicyAlways),
		Ports:           []corev1.ContainerPort{{Name: "bridge", ContainerPort: Port, Protocol: corev1.ProtocolTCP}},
		Resources:       s.Sidecar,
		SecurityContext: containerSecurity(false),
		VolumeMounts:    []corev1.VolumeMount{{Name: "memory", MountPath: memoryMount}, {Name: "seed", MountPath: seedMount, ReadOnly: true}},
	}
	sidecar.SecurityContext.RunAsGroup = new(w.User.UID)
	if w.Seat != nil {
		sidecar.VolumeMounts = append(sidecar.VolumeMounts, corev1.VolumeMount{Name: "store", MountPath: storeMount, ReadOnly: true})
	}
	if !s.Copied {
		return []corev1.Container{sidecar}
	}
	return []corev1.Container{{
		Name: InstallContainer, Image: s.Bridge, ImagePullPolicy: s.BridgePullPolicy,
		Args:            []string{"install", binMount},
		Resources:       s.Sidecar,
		SecurityContext: sidecar.SecurityContext.DeepCopy(),
		VolumeMounts:    []corev1.VolumeMount{{Name: "bin", MountPath: binMount}},
	}, sidecar}
}

func serveArgs(s Settings, w Wanted) []string {
	args := []string{"serve", "--dir", shared, "--health", "", "--seed-file", path.Join(seedMount, SeedKey), "--stderr-window", strconv.Itoa(StderrWindow)}
	if w.Seat == nil {
		return append(args, "--alone", "--connection", AloneConnection, "--sync", strconv.Itoa(AloneSync))
	}
	args = append(args, "--connection", escape(w.Seat.Connection), "--sync", strconv.FormatInt(w.Seat.Sync, 10),
		"--store-file", path.Join(storeMount, s.Store.Key))
	if s.LeaseTTL > 0 {
		args = append(args, "--lease-ttl", s.LeaseTTL.String())
	}
	if s.LeaseAbsence > 0 {
		args = append(args, "--lease-absence", s.LeaseAbsence.String())
	}
	return args
}

// escape keeps Kubernetes from expanding $(NAME) in a command.
func escape(word string) string { return strings.ReplaceAll(word, "$", "$$") }

func connectorContainer(s Settings, w Wanted) (corev1.Container, error) {
	resources, err := requirements(s.Connector, w.Connector.Pod.Resources)
	if err != nil {
		return corev1.Container{}, err
	}
	c := corev1.Container{
		Name: ConnectorContainer, Image: w.Image, ImagePullPolicy: corev1.PullPolicy(w.Connector.Pod.ImagePullPolicy),
		Command: launch(s, w),
		// Nothing but what is written may be: programs expect some place.
		Env:             []corev1.EnvVar{{Name: "HOME", Value: tmpMount}},
		Resources:       resources,
		SecurityContext: containerSecurity(w.Connector.Pod.WritableRoot),
		// What the launcher says is found in the pod's status.
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		VolumeMounts: []corev1.VolumeMount{
			{Name: "memory", MountPath: memoryMount}, {Name: "bin", MountPath: binMount, ReadOnly: true}, {Name: "tmp", MountPath: tmpMount},
		},
	}
	c.SecurityContext.RunAsGroup = w.User.GID
	return c, nil
}

// launch is the connector's container's command.
func launch(s Settings, w Wanted) []string {
	program := path.Join(binMount, s.BridgePath)
	if s.Copied {
		program = path.Join(binMount, "bridge")
	}
	command := []string{program, "exec", "--dir", shared}
	if w.EntrypointEnv {
		command = append(command, "--entrypoint-env")
	}
	command = append(command, "--")
	for _, word := range w.Words {
		command = append(command, escape(word))
	}
	return slices.Clip(command)
}

func volumes(s Settings, w Wanted) []corev1.Volume {
	bin := corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: s.Bridge, PullPolicy: s.BridgePullPolicy}}
	if s.Copied {
		bin = emptyDir("", resource.MustParse("64Mi"))
	}
	list := []corev1.Volume{
		{Name: "memory", VolumeSource: emptyDir(corev1.StorageMediumMemory, s.Memory)},
		{Name: "bin", VolumeSource: bin},
		{Name: "tmp", VolumeSource: emptyDir("", tmpSize(s, w))},
		{Name: "seed", VolumeSource: secretKey(SecretKey{w.Name, SeedKey})},
	}
	if w.Seat != nil {
		list = append(list, corev1.Volume{Name: "store", VolumeSource: secretKey(s.Store)})
	}
	return list
}

func emptyDir(medium corev1.StorageMedium, limit resource.Quantity) corev1.VolumeSource {
	return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: medium, SizeLimit: &limit}}
}

// secretKey is readable by the sidecar's user, whoever that is; it is mounted
// there alone.
func secretKey(k SecretKey) corev1.VolumeSource {
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: k.Name, DefaultMode: new(int32(0o444)), Items: []corev1.KeyToPath{{Key: k.Key, Path: k.Key}},
	}}
}
