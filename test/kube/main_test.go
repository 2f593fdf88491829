//go:build linux

package kube

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// programs are what the pods run, by name: the images are made of them.
var programs = map[string]string{
	"bridge":  "knelt.dev/bridge",
	"probe":   "knelt.dev/pkg/connector/connectortest/probe",
	"faker":   "knelt.dev/connectors/source-faker",
	"discard": "knelt.dev/connectors/destination-discard",
}

// world is the cluster as the tests use it.
var world struct {
	client kubernetes.Interface
	images map[string]string
}

func TestMain(m *testing.M) {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need a cluster (see doc.go):", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func prepare() error {
	settings, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	settings.QPS, settings.Burst = 200, 400
	if world.client, err = kubernetes.NewForConfig(settings); err != nil {
		return err
	}
	world.images = map[string]string{}
	for name, path := range programs {
		if world.images[name], err = image("knelt-test/"+name+":1", path); err != nil {
			return err
		}
	}
	return nil
}

// image makes an image with the cluster's tool and gives its reference.
func image(name string, args ...string) (string, error) {
	tool := os.Getenv("KNELT_CLUSTER")
	if tool == "" {
		return "", fmt.Errorf("KNELT_CLUSTER must name the program that makes images for the cluster")
	}
	cmd := exec.Command(tool, append(append([]string{"image"}, args...), name)...)
	cmd.Dir = "../.."
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, said.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// namespace makes one of its own for a test, of a Pod Security level.
func namespace(t testing.TB, level string) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "knelt-kube-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": level},
	}}
	made, err := world.client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if t.Failed() {
			t.Log(events(ctx, made.Name))
		}
		if err := world.client.CoreV1().Namespaces().Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	accountIsThere(t, made.Name)
	return made.Name
}

// accountIsThere waits for what every pod of a new namespace needs.
func accountIsThere(t testing.TB, namespace string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := world.client.CoreV1().ServiceAccounts(namespace).Get(t.Context(), "default", metav1.GetOptions{})
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the namespace's service account does not come: %v", err)
		}
	}
}

// events are what Kubernetes has said in a namespace.
func events(ctx context.Context, namespace string) string {
	list, err := world.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range list.Items {
		if e.Type == corev1.EventTypeWarning {
			fmt.Fprintf(&b, "%s %s: %s\n", e.InvolvedObject.Name, e.Reason, e.Message)
		}
	}
	return b.String()
}
