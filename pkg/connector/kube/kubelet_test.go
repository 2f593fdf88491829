//go:build linux

package kube_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apimachinery/pkg/watch"
	discoveryfake "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"knelt.dev/bridge/launcher"
	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/sidecar"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/kube/resources"
)

// asLauncher has the test binary play a connector's container.
const asLauncher = "kube-test-launcher"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asLauncher {
		os.Exit(launcher.Main(os.Args[2:]))
	}
	connectortest.Probe()
	os.Exit(m.Run())
}

const namespace = "knelt"

// The client answers no call from within one, so the kubelet goes round it.
var (
	podKind    = corev1.SchemeGroupVersion.WithResource("pods")
	secretKind = corev1.SchemeGroupVersion.WithResource("secrets")
)

// kubelet plays the cluster behind a fake client: each pod is the real sidecar,
// in this process, and the real launcher as a process of its own. What only
// Kubernetes does to pods, a test says by status.
type kubelet struct {
	t      testing.TB
	client *fake.Clientset
	// admit may refuse a pod; sick may keep it from running and say why.
	admit func(*corev1.Pod) error
	sick  func(*corev1.Pod) bool

	mu   sync.Mutex
	pods map[string]*kubeletPod
	made []string // all objects ever created, as text
	seq  atomic.Int64
}

type kubeletPod struct {
	dir    string
	end    context.CancelCauseFunc
	launch *exec.Cmd
	over   sync.WaitGroup
}

func newKubelet(t testing.TB) *kubelet {
	t.Helper()
	k := &kubelet{t: t, client: fake.NewClientset(), pods: map[string]*kubeletPod{}}
	k.client.Discovery().(*discoveryfake.FakeDiscovery).FakedServerVersion = &version.Info{Major: "1", Minor: "36"}
	k.client.PrependReactor("create", "*", k.create)
	k.client.PrependReactor("delete", "pods", k.delete)
	k.client.PrependReactor("delete", "*", k.preconditions)
	k.client.PrependWatchReactor("pods", k.watch)
	t.Cleanup(k.clear)
	return k
}

// watch tells of changes, as the fake server does, but begins with what is there:
// that has no past, so what changed between a list and a watch would be told to
// nobody.
func (k *kubelet) watch(ktesting.Action) (bool, watch.Interface, error) {
	changes, err := k.client.Tracker().Watch(podKind, namespace)
	if err != nil {
		return true, nil, err
	}
	there, err := k.client.Tracker().List(podKind, corev1.SchemeGroupVersion.WithKind("Pod"), namespace)
	if err != nil {
		return true, nil, err
	}
	told := make(chan watch.Event)
	proxy := watch.NewProxyWatcher(told)
	go func() {
		defer close(told)
		defer changes.Stop()
		for i := range there.(*corev1.PodList).Items {
			select {
			case told <- watch.Event{Type: watch.Modified, Object: &there.(*corev1.PodList).Items[i]}:
			case <-proxy.StopChan():
				return
			}
		}
		for {
			select {
			case e, open := <-changes.ResultChan():
				if !open {
					return
				}
				select {
				case told <- e:
				case <-proxy.StopChan():
					return
				}
			case <-proxy.StopChan():
				return
			}
		}
	}()
	return true, proxy, nil
}

// create completes an object as the API server does, and runs a pod.
func (k *kubelet) create(action ktesting.Action) (bool, runtime.Object, error) {
	object := action.(ktesting.CreateAction).GetObject()
	k.mu.Lock()
	k.made = append(k.made, fmt.Sprint(object))
	k.mu.Unlock()
	m := object.(metav1.Object)
	m.SetUID(types.UID(fmt.Sprint("uid-", k.seq.Add(1))))
	m.SetCreationTimestamp(metav1.Now())
	if s, ok := object.(*corev1.Secret); ok {
		s.Data = map[string][]byte{}
		for key, text := range s.StringData {
			s.Data[key] = []byte(text)
		}
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return false, nil, nil
	}
	if _, err := k.client.Tracker().Get(podKind, namespace, pod.Name); err == nil {
		return false, nil, nil // there is one, as will be said
	}
	if k.admit != nil {
		if err := k.admit(pod); err != nil {
			return true, nil, err
		}
	}
	if k.sick == nil || !k.sick(pod) {
		pod.Status.Phase = corev1.PodRunning
		pod.Status.PodIP = k.run(pod)
	}
	return false, nil, nil
}

// preconditions are the API server's to keep.
func (k *kubelet) preconditions(action ktesting.Action) (bool, runtime.Object, error) {
	d, ok := action.(ktesting.DeleteActionImpl)
	if !ok || d.DeleteOptions.Preconditions == nil {
		return false, nil, nil
	}
	object, err := k.client.Tracker().Get(d.GetResource(), namespace, d.Name)
	if err != nil {
		return true, nil, err
	}
	if uid := object.(metav1.Object).GetUID(); uid != *d.DeleteOptions.Preconditions.UID {
		return true, nil, apierrors.NewConflict(d.GetResource().GroupResource(), d.Name, errors.New("another UID"))
	}
	return false, nil, nil
}

func (k *kubelet) delete(action ktesting.Action) (bool, runtime.Object, error) {
	k.stop(action.(ktesting.DeleteAction).GetName(), errors.New("deleted"))
	return false, nil, nil
}

// run starts both containers and gives the pod's address.
func (k *kubelet) run(pod *corev1.Pod) string {
	dir, err := os.MkdirTemp("", "knelt-kubelet")
	if err != nil {
		k.t.Fatal(err)
	}
	n := k.seq.Add(1)
	ip := fmt.Sprintf("127.%d.%d.%d", 64+os.Getpid()%128, n/250, 1+n%250)
	l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(resources.Port)))
	if err != nil {
		k.t.Fatal(err)
	}
	p := &kubeletPod{dir: dir}
	ctx, cancel := context.WithCancelCause(context.Background())
	p.end = cancel
	side := k.sidecar(pod, dir)
	p.over.Go(func() {
		if err := side.Run(ctx, l); err != nil && ctx.Err() == nil {
			k.bridgeEnded(pod.Name, err)
		}
	})
	k.launch(pod, p)
	k.mu.Lock()
	k.pods[pod.Name] = p
	k.mu.Unlock()
	return ip
}

// sidecar is "bridge serve" with the arguments of the pod.
func (k *kubelet) sidecar(pod *corev1.Pod, dir string) *sidecar.Sidecar {
	bridge := pod.Spec.InitContainers[len(pod.Spec.InitContainers)-1]
	secret, err := k.client.Tracker().Get(secretKind, namespace, pod.Name)
	if err != nil {
		k.t.Fatalf("the pod's Secret: %v", err)
	}
	seed, err := secure.ParsePodSeed(string(secret.(*corev1.Secret).Data[resources.SeedKey]))
	if err != nil {
		k.t.Fatal(err)
	}
	sync, err := strconv.ParseInt(flagOf(bridge.Args, "--sync"), 10, 64)
	if err != nil {
		k.t.Fatal(err)
	}
	var lease sidecar.Lease = heldLease(sync)
	if slices.Contains(bridge.Args, "--alone") {
		lease = sidecar.Alone{}
	}
	side, err := sidecar.New(sidecar.Config{
		Dir: podfiles.Dir(filepath.Join(dir, "pod")), Seed: seed, Connection: strings.ReplaceAll(flagOf(bridge.Args, "--connection"), "$$", "$"), Sync: sync,
		Lease: lease, Grace: time.Second, Linger: time.Second,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return side
}

type heldLease int64

func (l heldLease) State(context.Context) (sidecar.LeaseState, error) {
	return sidecar.LeaseState{Held: true, Sync: int64(l)}, nil
}

func flagOf(args []string, name string) string {
	if i := slices.Index(args, name); i >= 0 {
		return args[i+1]
	}
	return ""
}

// launch is the connector's container.
func (k *kubelet) launch(pod *corev1.Pod, p *kubeletPod) {
	command := slices.Clone(pod.Spec.Containers[0].Command)
	args := append([]string{asLauncher}, command[2:]...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$$", "$")
	}
	args[slices.Index(args, "--dir")+1] = filepath.Join(p.dir, "pod")
	args = slices.Insert(args, 1, "--drain", "1s", "--grace", "1s")
	self, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	p.launch = exec.Command(self, args...)
	p.launch.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}
	var said bytes.Buffer
	p.launch.Stderr = &said
	if err := p.launch.Start(); err != nil {
		k.t.Fatal(err)
	}
	p.over.Go(func() { _ = p.launch.Wait() }) // its code is the connector's
}

// bridgeEnded is what Kubernetes tells of a sidecar that has failed.
func (k *kubelet) bridgeEnded(name string, reason error) {
	k.status(name, func(p *corev1.Pod) {
		p.Status.InitContainerStatuses = []corev1.ContainerStatus{{
			Name:  resources.BridgeContainer,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Message: reason.Error()}},
		}}
	})
}

// status changes what Kubernetes tells of a pod, if that is still there.
func (k *kubelet) status(name string, change func(*corev1.Pod)) {
	object, err := k.client.Tracker().Get(podKind, namespace, name)
	if err != nil {
		return
	}
	p := object.(*corev1.Pod).DeepCopy()
	change(p)
	if err := k.client.Tracker().Update(podKind, p, namespace); err != nil && !apierrors.IsNotFound(err) {
		k.t.Errorf("the status of pod %s: %v", name, err)
	}
}

// stop ends what runs of a pod.
func (k *kubelet) stop(name string, why error) {
	k.mu.Lock()
	p := k.pods[name]
	delete(k.pods, name)
	k.mu.Unlock()
	if p == nil {
		return
	}
	p.end(why)
	_ = p.launch.Process.Kill() // it may have ended
	p.over.Wait()
	if err := os.RemoveAll(p.dir); err != nil {
		k.t.Error(err)
	}
}

func (k *kubelet) clear() {
	k.mu.Lock()
	names := make([]string, 0, len(k.pods))
	for name := range k.pods {
		names = append(names, name)
	}
	k.mu.Unlock()
	for _, name := range names {
		k.stop(name, errors.New("the test is over"))
	}
}

// only is the one pod that there is.
func (k *kubelet) only() *corev1.Pod {
	k.t.Helper()
	list, err := k.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 {
		k.t.Fatalf("%d pods, %v", len(list.Items), err)
	}
	return &list.Items[0]
}

// left counts pods and Secrets.
func (k *kubelet) left() (pods, secrets int) {
	k.t.Helper()
	p, err := k.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	s, err := k.client.CoreV1().Secrets(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: resources.Selector()})
	if err != nil {
		k.t.Fatal(err)
	}
	return len(p.Items), len(s.Items)
}

func (k *kubelet) mustBeEmpty() {
	k.t.Helper()
	if pods, secrets := k.left(); pods+secrets > 0 {
		k.t.Errorf("%d pods and %d Secrets are left", pods, secrets)
	}
}

// kill kills a connector's launcher, as the kernel does with a whole container.
func (k *kubelet) kill(name string) {
	k.mu.Lock()
	p := k.pods[name]
	k.mu.Unlock()
	if err := p.launch.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
}
