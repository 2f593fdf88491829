package crds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// world is the cluster as the tests use it, with all rights.
var world struct {
	settings *rest.Config
	objects  dynamic.Interface
	client   kubernetes.Interface
}

func TestMain(m *testing.M) {
	if err := prepare(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need a cluster (see doc.go):", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func prepare(ctx context.Context) error {
	settings, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	settings.QPS, settings.Burst = 500, 1000
	world.settings = settings
	if world.objects, err = dynamic.NewForConfig(settings); err != nil {
		return err
	}
	if world.client, err = kubernetes.NewForConfig(settings); err != nil {
		return err
	}
	return install(ctx)
}

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// install applies the kinds and waits until they are served.
func install(ctx context.Context) error {
	text, err := os.ReadFile("../../config/knative/050-crds.yaml")
	if err != nil {
		return err
	}
	all, err := documents(text)
	if err != nil {
		return err
	}
	for _, o := range all {
		if _, err := world.objects.Resource(definitions).Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "test", Force: true}); err != nil {
			return err
		}
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		served, err := world.client.Discovery().ServerResourcesForGroupVersion("knelt.dev/v1alpha1")
		if err == nil && len(served.APIResources) == 2*len(all) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the kinds are not served: %w", err)
		}
	}
}

// documents reads YAML documents as objects.
func documents(text []byte) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		o := &unstructured.Unstructured{}
		err := d.Decode(o)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
}

// namespace makes one for a test.
func namespace(t testing.TB) string {
	t.Helper()
	made, err := world.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "knelt-crds-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := world.client.CoreV1().Namespaces().Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	return made.Name
}

var resources = map[string]schema.GroupVersionResource{
	"Source":      {Group: "knelt.dev", Version: "v1alpha1", Resource: "sources"},
	"Destination": {Group: "knelt.dev", Version: "v1alpha1", Resource: "destinations"},
	"Connection":  {Group: "knelt.dev", Version: "v1alpha1", Resource: "connections"},
}

// create makes objects as kubectl does, which refuses unknown fields.
func create(t testing.TB, namespace, text string) ([]*unstructured.Unstructured, error) {
	t.Helper()
	wanted, err := documents([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	made := make([]*unstructured.Unstructured, len(wanted))
	for i, o := range wanted {
		made[i], err = world.objects.Resource(resources[o.GetKind()]).Namespace(namespace).Create(t.Context(), o, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

func mustCreate(t testing.TB, namespace, text string) []*unstructured.Unstructured {
	t.Helper()
	made, err := create(t, namespace, text)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
