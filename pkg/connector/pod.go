package connector

import "encoding/json"

// Pod is how a connector's pod is made, in the names and shapes of Kubernetes.
// Runtimes without pods pass it over.
type Pod struct {
	Resources    Resources         `json:"resources,omitzero"`
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	Tolerations  []Toleration      `json:"tolerations,omitempty"`
	// Affinity is Kubernetes' own mapping of that name, which the runtime reads
	// strictly.
	Affinity          json.RawMessage `json:"affinity,omitempty"`
	PriorityClassName string          `json:"priorityClassName,omitempty"`
	RuntimeClassName  string          `json:"runtimeClassName,omitempty"`

	ImagePullPolicy  string      `json:"imagePullPolicy,omitempty"`
	ImagePullSecrets []SecretRef `json:"imagePullSecrets,omitempty"`

	// RunAsUser is the numeric user of both containers (default: the image's, or
	// see docs/kubernetes.md). RunAsRoot runs them as root.
	RunAsUser *int `json:"runAsUser,omitempty"`
	RunAsRoot bool `json:"runAsRoot,omitempty"`
	// WritableRoot lets the connector write to the image's own folders.
	WritableRoot bool `json:"writableRoot,omitempty"`
	// TmpSize bounds /tmp, as a quantity.
	TmpSize Quantity `json:"tmpSize,omitempty"`

	PodLabels      map[string]string `json:"podLabels,omitempty"`
	PodAnnotations map[string]string `json:"podAnnotations,omitempty"`
}

// Resources are quantities (500m, 2Gi) by name (cpu, memory, ephemeral-storage).
type Resources struct {
	Requests map[string]Quantity `json:"requests,omitempty"`
	Limits   map[string]Quantity `json:"limits,omitempty"`
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
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator,omitempty"`
	Value    string `json:"value,omitempty"`
	Effect   string `json:"effect,omitempty"`
	// Seconds is how long a taint of the effect NoExecute is tolerated; nil: for
	// ever.
	Seconds *int `json:"tolerationSeconds,omitempty"`
}

// SecretRef names a Secret of the pod's namespace.
type SecretRef struct {
	Name string `json:"name"`
}
