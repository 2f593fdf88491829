package knative

import (
	"slices"
	"strings"

	"knelt.dev/test/cluster/internal/ko"
	"knelt.dev/test/cluster/internal/manifest"
)

// NotBuilt is in the place of images of programs that nobody here needs.
const NotBuilt = "not-built.invalid/"

// left out: there is one pod of each, its number does not change, and
// certificates come from nowhere.
var leftOut = []string{"HorizontalPodAutoscaler", "PodDisruptionBudget", "StatefulSet", "Certificate"}

// Tune changes the manifests: what a small cluster has no use for is left out,
// ConfigMaps get the values of overrides, and pods run on the node pinned, so
// that the other one can be lost without losing Knative. Programs that built
// does not tell are replaced by names of images that are not there.
func Tune(docs, overrides []manifest.Doc, pinned string, built func(importPath string) bool) ([]manifest.Doc, error) {
	docs = slices.DeleteFunc(docs, func(d manifest.Doc) bool { return slices.Contains(leftOut, d.Kind()) })
	for _, d := range docs {
		if d.Kind() == "Deployment" {
			tunePods(d, pinned)
		}
	}
	docs = override(docs, overrides)
	return docs, manifest.Strings(docs, ko.Scheme, func(ref string) (string, error) {
		if path := strings.TrimPrefix(ref, ko.Scheme); !built(path) {
			return NotBuilt + path, nil
		}
		return ref, nil
	})
}

func tunePods(d manifest.Doc, pinned string) {
	template := child(child(d, "spec"), "template")
	pod := child(template, "spec")
	pod["nodeSelector"] = map[string]any{"kubernetes.io/hostname": pinned}
	containers, _ := pod["containers"].([]any)
	for _, c := range containers {
		container, ok := c.(map[string]any)
		if !ok {
			continue
		}
		// Two cores are for all: what is promised to one is missing to the others.
		container["resources"] = map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "64Mi"}}
		if probe, ok := container["readinessProbe"].(map[string]any); ok {
			probe["periodSeconds"] = 1
			probe["timeoutSeconds"] = patience
		}
		if probe, ok := container["livenessProbe"].(map[string]any); ok {
			probe["timeoutSeconds"] = patience
			probe["failureThreshold"] = patience
		}
	}
}

// patience is how many seconds a probe waits for its answer, and how many of them
// have to fail before a program is killed. By default it is one second and three
// of them, which a program that is well misses where all of the cluster shares two
// cores; and an in-memory channel that is restarted has lost its events.
const patience = 10

// child is the map below a key, made when it is missing.
func child(m map[string]any, key string) map[string]any {
	c, ok := m[key].(map[string]any)
	if !ok {
		c = map[string]any{}
		m[key] = c
	}
	return c
}

// override merges data into the ConfigMaps of the same name, and adds those that
// are not there.
func override(docs, overrides []manifest.Doc) []manifest.Doc {
	for _, o := range overrides {
		i := slices.IndexFunc(docs, func(d manifest.Doc) bool {
			return d.Kind() == o.Kind() && d.Name() == o.Name() && d.Namespace() == o.Namespace()
		})
		if i < 0 {
			docs = append(docs, o)
			continue
		}
		data := child(docs[i], "data")
		for key, value := range child(o, "data") {
			data[key] = value
		}
	}
	return docs
}

// Phases are the manifests in two parts. Those of the second need the kinds and
// namespaces of the first.
func Phases(docs []manifest.Doc) (first, second []manifest.Doc) {
	for _, d := range docs {
		if d.Kind() == "Namespace" || d.Kind() == "CustomResourceDefinition" {
			first = append(first, d)
		} else {
			second = append(second, d)
		}
	}
	return first, second
}
