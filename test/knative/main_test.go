package knative

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"knelt.dev/test/pgtest"
)

// The namespaces that config/knative makes.
const (
	system     = "knelt-system"
	connectors = "knelt-connectors"
)

// What all tests share.
var (
	kube   kubernetes.Interface
	knatv  dynamic.Interface
	images map[string]string // references by digest, by name
	heard  *recorder
	server *pgtest.Server
)

func TestMain(m *testing.M) {
	if err := connect(); err != nil {
		fmt.Fprintln(os.Stderr, "the cluster's tests are run by test/knative/run.sh:", err)
		os.Exit(1)
	}
	os.Exit(pgtest.Main(&server, func() int {
		if err := openDatabase(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer heard.close()
		return m.Run()
	}, nodeAddress()))
}

// connect reaches the cluster, and has all events of ours told to this process.
func connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	if kube, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	if knatv, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	if images, err = readImages(os.Getenv("KNELT_IMAGES")); err != nil {
		return err
	}
	heard, err = listen()
	return err
}

// readImages reads lines of NAME REFERENCE.
func readImages(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	all := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, reference, ok := strings.Cut(lines.Text(), " "); ok {
			all[name] = reference
		}
	}
	return all, lines.Err()
}
