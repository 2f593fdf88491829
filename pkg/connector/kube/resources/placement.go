package resources

import (
	"bytes"
	"encoding/json"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"knelt.dev/pkg/connector"
)

// place says where the pod may run.
func place(spec *corev1.PodSpec, p connector.Pod) error {
	spec.NodeSelector = maps.Clone(p.NodeSelector)
	spec.PriorityClassName = p.PriorityClassName
	if p.RuntimeClassName != "" {
		spec.RuntimeClassName = new(p.RuntimeClassName)
	}
	for _, t := range p.Tolerations {
		one := corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOperator(t.Operator), Value: t.Value, Effect: corev1.TaintEffect(t.Effect)}
		if t.Seconds != nil {
			one.TolerationSeconds = new(int64(*t.Seconds))
		}
		spec.Tolerations = append(spec.Tolerations, one)
	}
	if p.Affinity == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(p.Affinity))
	d.DisallowUnknownFields()
	if err := d.Decode(&spec.Affinity); err != nil {
		return problem("affinity: %w", err)
	}
	return nil
}

// requirements lay a document's resources over the defaults. A request that is
// above a default limit lifts that, and a limit below a default request lowers
// that: what is written counts.
func requirements(defaults corev1.ResourceRequirements, r connector.Resources) (corev1.ResourceRequirements, error) {
	requests, err := quantities("requests", r.Requests)
	if err != nil {
		return corev1.ResourceRequirements{}, err
	}
	limits, err := quantities("limits", r.Limits)
	if err != nil {
		return corev1.ResourceRequirements{}, err
	}
	for name, request := range defaults.Requests {
		if _, given := requests[name]; given {
			continue
		}
		if limit, bounded := limits[name]; bounded && limit.Cmp(request) < 0 {
			request = limit
		}
		requests[name] = request
	}
	for name, limit := range defaults.Limits {
		if _, given := limits[name]; given {
			continue
		}
		if request, asked := requests[name]; asked && request.Cmp(limit) > 0 {
			limit = request
		}
		limits[name] = limit
	}
	return corev1.ResourceRequirements{Requests: requests, Limits: limits}, nil
}

func quantities(what string, from map[string]connector.Quantity) (corev1.ResourceList, error) {
	list := corev1.ResourceList{}
	for name, text := range from {
		q, err := resource.ParseQuantity(string(text))
		if err != nil {
			return nil, problem("resources.%s.%s: %q is no quantity: %w", what, name, string(text), err)
		}
		list[corev1.ResourceName(name)] = q
	}
	return list, nil
}

// tmpSize is the bound of /tmp.
func tmpSize(s Settings, w Wanted) resource.Quantity {
	if q, err := resource.ParseQuantity(string(w.Connector.Pod.TmpSize)); err == nil {
		return q
	}
	return s.Tmp // none was given, or no quantity: the document's check has refused that
}
