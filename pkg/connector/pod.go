package connector

import "encoding/json"

// Pod is how a connector's pod is made, in the names and shapes of Kubernetes.
// Runtimes without pods pass it over.
type Pod struct {
	// Resources of the connector's container. Left out: requests of 100m CPU and
	// 256Mi, a limit of 2Gi.
	Resources Resources `json:"resources,omitzero"`
	// NodeSelector has labels of the nodes to run on.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Tolerations of taints.
	Tolerations []Toleration `json:"tolerations,omitempty"`
	// Affinity is Kubernetes' own mapping of that name, which the runtime reads
	// strictly.
	Affinity json.RawMessage `json:"affinity,omitempty"`
	// PriorityClassName is the pod's (default: the cluster's).
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// RuntimeClassName is the pod's (default: the cluster's).
	RuntimeClassName string `json:"runtimeClassName,omitempty"`

	// ImagePullPolicy is Always, IfNotPresent or Never (default: Kubernetes').
	ImagePullPolicy string `json:"imagePullPolicy,omitempty"`
	// ImagePullSecrets are Secrets of the namespace in which connectors' pods run,
	// used for the image and for asking its registry.
	ImagePullSecrets []SecretRef `json:"imagePullSecrets,omitempty"`

	// RunAsUser is the numeric user of both containers (default: the image's, or
	// see docs/kubernetes.md).
	RunAsUser *int `json:"runAsUser,omitempty"`
	// RunAsRoot runs both containers as root, without any of root's capabilities.
	RunAsRoot bool `json:"runAsRoot,omitempty"`
	// WritableRoot lets the connector write to the image's own folders.
	WritableRoot bool `json:"writableRoot,omitempty"`
	// TmpSize bounds /tmp, as a quantity (default 5Gi).
	TmpSize Quantity `json:"tmpSize,omitempty"`

	// PodLabels are put on the pod beside Knelt's own.
	PodLabels map[string]string `json:"podLabels,omitempty"`
	// PodAnnotations are put on the pod beside Knelt's own.
	PodAnnotations map[string]string `json:"podAnnotations,omitempty"`
}

// Resources are quantities (500m, 2Gi) by name (cpu, memory, ephemeral-storage).
type Resources struct {
	// Requests are what a node must have free.
	Requests map[string]Quantity `json:"requests,omitempty"`
	// Limits are what may not be exceeded.
	Limits map[string]Quantity `json:"limits,omitempty"`
}

// Quantity is an amount as Kubernetes writes it: 500m, 1.5Gi. A whole number may
// also be given as one.
type Quantity string

// UnmarshalJSON takes a string or a number.
func (q *Quantity) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] != '"' {
		var number json.Number
		err := json.Unmarshal(text, &number)
		*q = Quantity(number)
		return err
	}
	return json.Unmarshal(text, (*string)(q))
}

// Toleration lets a pod onto nodes with a taint.
type Toleration struct {
	// Key of the taint. Left out, with the operator Exists: every taint.
	Key string `json:"key,omitempty"`
	// Operator is Exists or Equal (the default).
	Operator string `json:"operator,omitempty"`
	// Value of the taint, for Equal.
	Value string `json:"value,omitempty"`
	// Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute. Left out:
	// each of them.
	Effect string `json:"effect,omitempty"`
	// Seconds is how long a taint of the effect NoExecute is tolerated; left out: for
	// ever.
	Seconds *int `json:"tolerationSeconds,omitempty"`
}

// SecretRef names a Secret of the pod's namespace.
type SecretRef struct {
	// Name of the Secret.
	Name string `json:"name"`
}
