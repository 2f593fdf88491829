package ingress

// The fields of Kubernetes' and Knative's objects that the ingress reads, named
// as they are there.

type meta struct {
	Name            string            `json:"name"`
	Namespace       string            `json:"namespace"`
	Generation      int64             `json:"generation"`
	ResourceVersion string            `json:"resourceVersion"`
	Annotations     map[string]string `json:"annotations"`
	Labels          map[string]string `json:"labels"`
}

func (m meta) key() string { return m.Namespace + "/" + m.Name }

// Ingress is networking.internal.knative.dev/v1alpha1.
type Ingress struct {
	Metadata meta   `json:"metadata"`
	Spec     spec   `json:"spec"`
	Status   status `json:"status"`
}

type spec struct {
	Rules []rule `json:"rules"`
}

type rule struct {
	Hosts      []string `json:"hosts"`
	Visibility string   `json:"visibility"`
	HTTP       struct {
		Paths []path `json:"paths"`
	} `json:"http"`
}

type path struct {
	Path          string            `json:"path"`
	RewriteHost   string            `json:"rewriteHost"`
	Headers       map[string]exact  `json:"headers"`
	Splits        []split           `json:"splits"`
	AppendHeaders map[string]string `json:"appendHeaders"`
}

type exact struct {
	Exact string `json:"exact"`
}

type split struct {
	ServiceNamespace string            `json:"serviceNamespace"`
	ServiceName      string            `json:"serviceName"`
	ServicePort      any               `json:"servicePort"` // a number, or a port's name
	Percent          int               `json:"percent"`
	AppendHeaders    map[string]string `json:"appendHeaders"`
}

func (s split) service() string { return s.ServiceNamespace + "/" + s.ServiceName }

type status struct {
	ObservedGeneration  int64         `json:"observedGeneration"`
	Conditions          []condition   `json:"conditions"`
	PublicLoadBalancer  *loadBalancer `json:"publicLoadBalancer"`
	PrivateLoadBalancer *loadBalancer `json:"privateLoadBalancer"`
}

type condition struct {
	Type               string `json:"type"`
	Status             string `json:"status"`
	LastTransitionTime string `json:"lastTransitionTime"`
	Reason             string `json:"reason,omitempty"`
	Message            string `json:"message,omitempty"`
}

type loadBalancer struct {
	Ingress []loadBalancerIngress `json:"ingress"`
}

type loadBalancerIngress struct {
	DomainInternal string `json:"domainInternal,omitempty"`
}

// Service is v1.
type Service struct {
	Metadata meta `json:"metadata"`
	Spec     struct {
		Ports []servicePort `json:"ports"`
	} `json:"spec"`
}

type servicePort struct {
	Name        string `json:"name"`
	Port        int    `json:"port"`
	AppProtocol string `json:"appProtocol"`
}

// Slice is a discovery.k8s.io/v1 EndpointSlice.
type Slice struct {
	Metadata  meta `json:"metadata"`
	Endpoints []struct {
		Addresses  []string `json:"addresses"`
		Conditions struct {
			Ready *bool `json:"ready"`
		} `json:"conditions"`
	} `json:"endpoints"`
	Ports []struct {
		Name string `json:"name"`
		Port int    `json:"port"`
	} `json:"ports"`
}

func (i Ingress) head() meta { return i.Metadata }
func (s Service) head() meta { return s.Metadata }
func (s Slice) head() meta   { return s.Metadata }
