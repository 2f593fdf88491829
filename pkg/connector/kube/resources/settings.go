package resources

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"knelt.dev/pkg/connector"
)

// Settings are those of all pods of an installation.
type Settings struct {
	Namespace string
	// Bridge is the image of the bridge, whose entrypoint is that program.
	Bridge string
	// BridgePath is where the program is in that image.
	BridgePath string
	// BridgePullPolicy is for that image; empty: Kubernetes' default.
	BridgePullPolicy corev1.PullPolicy
	// Copied tells that pods of the cluster cannot mount images: the program is
	// copied by an init container.
	Copied bool
	// Store names the Secret and key that hold the store's address for bridges.
	Store SecretKey
	// LeaseTTL and LeaseAbsence are the bridge's; 0: its defaults.
	LeaseTTL, LeaseAbsence time.Duration
	// Sidecar are the bridge's resources, Connector those of connectors that say
	// nothing else.
	Sidecar, Connector corev1.ResourceRequirements
	// Memory bounds the volume of the connector's files, Tmp its /tmp.
	Memory, Tmp resource.Quantity
	// Grace is how long the bridge may take to hand over what the connector has
	// written when that has ended, and a deleted pod to end.
	Grace time.Duration
	// Deadline is the longest life of a pod of spec, check or discover, longer than
	// any timeout of a relay's.
	Deadline time.Duration
	// PullSecrets go to every pod, ServiceAccount too; it has no rights.
	PullSecrets    []string
	ServiceAccount string
}

// SecretKey is a key of a Secret.
type SecretKey struct{ Name, Key string }

// Wanted is one pod.
type Wanted struct {
	Name string
	// Seat is the pod's, in a sync; nil: it runs a command by itself, for as long
	// as a relay is attached.
	Seat      *connector.Seat
	Command   connector.Command
	Connector connector.Connector
	// Image is what to run, by its digest.
	Image string
	// Words are the program in the image; EntrypointEnv lets AIRBYTE_ENTRYPOINT
	// go before them.
	Words         []string
	EntrypointEnv bool
	User          User
}

// DefaultSettings are Settings but for Namespace, Bridge and Store.
func DefaultSettings() Settings {
	return Settings{
		BridgePath: "/ko-app/bridge",
		Sidecar: corev1.ResourceRequirements{
			// Idle it takes 11 MB, with full windows about 100. Files count, too:
			// they lie on a memory volume that it writes.
			Requests: amounts("10m", "32Mi"),
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
		},
		Connector: corev1.ResourceRequirements{
			Requests: amounts("100m", "256Mi"),
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi")},
		},
		Memory:   resource.MustParse("300Mi"), // the files of a START are at most 256 MiB
		Tmp:      resource.MustParse("5Gi"),
		Grace:    time.Hour,
		Deadline: 24 * time.Hour, // whoever asks has a bound of his own: this is for those whom nobody asks any more
	}
}

func amounts(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}
