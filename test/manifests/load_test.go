package manifests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	sinks "knative.dev/eventing/pkg/apis/sinks/v1alpha1"
	sources "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/kmeta"
	serving "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

const root = "../../"

// object is one document of a manifest.
type object interface {
	runtime.Object
	kmeta.Accessor
}

// decoder knows the types of all who serve something to Knelt, and refuses
// fields that a type does not have.
var decoder = func() runtime.Decoder {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, apiextensionsv1.AddToScheme, serving.AddToScheme, eventing.AddToScheme, sources.AddToScheme, sinks.AddToScheme,
	} {
		if err := add(s); err != nil {
			panic(err) // one scheme knows no type twice
		}
	}
	return serializer.NewCodecFactory(s, serializer.EnableStrict).UniversalDeserializer()
}()

// separator stands between the documents of a file.
var separator = regexp.MustCompile(`(?m)^---$`)

// ours finds documents of our own kinds.
var ours = regexp.MustCompile(`(?m)^apiVersion: knelt\.dev/`)

// decode reads the documents of a text. Those that hold only comments are none.
func decode(t *testing.T, name string, text []byte) []object {
	t.Helper()
	var all []object
	for _, doc := range separator.Split(string(text), -1) {
		if strings.TrimSpace(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(doc, "")) == "" {
			continue
		}
		if ours.MatchString(doc) { // test/crds has the API server judge them
			o := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, o)
			continue
		}
		o, _, err := decoder.Decode([]byte(doc), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, doc)
		}
		all = append(all, o.(object))
	}
	if len(all) == 0 {
		t.Fatalf("%s holds nothing", name)
	}
	return all
}

// render gives what config/render.sh prints.
func render(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(root + "config/render.sh")
	cmd.Env = append(os.Environ(), env...)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", env, err, &errors)
	}
	return string(out)
}

// installation gives the objects of an installation with Redis on a disk.
func installation(t *testing.T) []object {
	t.Helper()
	return decode(t, "config/render.sh", []byte(render(t, "REDIS=disk")))
}

// files gives the objects of all files that anybody may apply.
func files(t *testing.T) map[string][]object {
	t.Helper()
	all := map[string][]object{}
	for _, pattern := range []string{"config/knative/*.yaml", "config/variants/*.yaml", "examples/knative/*.yaml"} {
		paths, err := filepath.Glob(root + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no files (error %v)", pattern, err)
		}
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			all[strings.TrimPrefix(p, root)] = decode(t, p, text)
		}
	}
	return all
}

// everything gives the objects of all files, without their files.
func everything(t *testing.T) []object {
	t.Helper()
	var all []object
	for _, objects := range files(t) {
		all = append(all, objects...)
	}
	return all
}

// of gives the objects of one type.
func of[T object](all []object) []T {
	var list []T
	for _, o := range all {
		if typed, ok := o.(T); ok {
			list = append(list, typed)
		}
	}
	return list
}

// named gives the one object of a type with that name.
func named[T object](t *testing.T, all []object, namespace, name string) T {
	t.Helper()
	for _, o := range of[T](all) {
		if o.GetNamespace() == namespace && o.GetName() == name {
			return o
		}
	}
	var none T
	t.Fatalf("there is no %T %s/%s", none, namespace, name)
	return none
}

// container gives the one container of a Service of Knative.
func container(s *serving.Service) corev1.Container {
	return s.Spec.Template.Spec.Containers[0]
}

// variables gives a container's environment by name.
func variables(c corev1.Container) map[string]corev1.EnvVar {
	all := map[string]corev1.EnvVar{}
	for _, v := range c.Env {
		all[v.Name] = v
	}
	return all
}
