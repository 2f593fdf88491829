package manifests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	sinks "knative.dev/eventing/pkg/apis/sinks/v1alpha1"
	serving "knative.dev/serving/pkg/apis/serving/v1"
)

// pod is the template of one.
type pod struct {
	name, namespace string
	meta            metav1.ObjectMeta
	spec            corev1.PodSpec
}

// pods gives the templates of all pods.
func pods(all []object) []pod {
	var list []pod
	for _, s := range of[*serving.Service](all) {
		t := s.Spec.Template
		list = append(list, pod{"Service " + s.Name, s.Namespace, t.ObjectMeta, t.Spec.PodSpec})
	}
	for _, s := range of[*appsv1.StatefulSet](all) {
		list = append(list, pod{"StatefulSet " + s.Name, s.Namespace, s.Spec.Template.ObjectMeta, s.Spec.Template.Spec})
	}
	for _, s := range of[*sinks.JobSink](all) {
		t := s.Spec.Job.Spec.Template
		list = append(list, pod{"JobSink " + s.Name, s.Namespace, t.ObjectMeta, t.Spec})
	}
	return list
}

func (p pod) containers() []corev1.Container {
	return append(append([]corev1.Container{}, p.spec.InitContainers...), p.spec.Containers...)
}

// TestPodsAreAsRestrictedPodSecurityWantsThem asks the code that the API server
// runs, and for what it leaves open.
func TestPodsAreAsRestrictedPodSecurityWantsThem(t *testing.T) {
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := pods(everything(t))
	if len(all) < 7 {
		t.Fatalf("%d pods were found", len(all))
	}
	for _, p := range all {
		level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
		said := policy.AggregateCheckResults(judge.EvaluatePod(level, &p.meta, &p.spec))
		if !said.Allowed {
			t.Errorf("%s: %s", p.name, said.ForbiddenDetail())
		}
		if p.spec.EnableServiceLinks == nil || *p.spec.EnableServiceLinks {
			t.Errorf("%s: the addresses of all Services are in its environment", p.name)
		}
		for _, c := range p.containers() {
			judgeContainer(t, p.name+": "+c.Name, c)
		}
	}
}

func judgeContainer(t *testing.T, name string, c corev1.Container) {
	t.Helper()
	if s := c.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
		t.Errorf("%s: its root file system can be written", name)
	}
	_, cpu := c.Resources.Requests[corev1.ResourceCPU]
	_, memory := c.Resources.Requests[corev1.ResourceMemory]
	_, limit := c.Resources.Limits[corev1.ResourceMemory]
	if !cpu || !memory || !limit {
		t.Errorf("%s: it does not say how much CPU and memory it wants, and how much memory it may take", name)
	}
}

// TestNamespacesRefuseOtherPods: pods of connectors above all.
func TestNamespacesRefuseOtherPods(t *testing.T) {
	all := of[*corev1.Namespace](installation(t))
	if len(all) != 2 {
		t.Fatalf("%d namespaces, want 2", len(all))
	}
	for _, n := range all {
		for _, mode := range []string{podsecurity.EnforceLevelLabel, podsecurity.WarnLevelLabel, podsecurity.AuditLevelLabel} {
			if n.Labels[mode] != string(podsecurity.LevelRestricted) {
				t.Errorf("%s: the label %s is %q", n.Name, mode, n.Labels[mode])
			}
		}
	}
}

// pinned is an image of others: with its registry, and a tag that says a version
// or a digest.
var pinned = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+/[a-z0-9/_-]+(:v?[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*|@sha256:[0-9a-f]{64})$`)

func TestImagesAreBuiltHereOrPinned(t *testing.T) {
	for _, p := range pods(everything(t)) {
		for _, c := range p.containers() {
			if !strings.HasPrefix(c.Image, "ko://") && !pinned.MatchString(c.Image) {
				t.Errorf("%s: %s: the image %s is neither ko:// nor pinned", p.name, c.Name, c.Image)
			}
		}
	}
}

// programs are the names that ko builds; ko replaces them wherever they stand.
var programs = regexp.MustCompile(`ko://([A-Za-z0-9./_-]+)`)

func TestProgramsOfImagesExist(t *testing.T) {
	found := map[string]bool{}
	for _, m := range programs.FindAllStringSubmatch(render(t), -1) {
		found[m[1]] = true
	}
	for name := range found {
		dir, ours := strings.CutPrefix(name, "knelt.dev/")
		if !ours {
			t.Errorf("%s is not of this module", name)
			continue
		}
		if !isProgram(t, root+dir) {
			t.Errorf("there is no program %s", name)
		}
	}
	if len(found) < 6 {
		t.Errorf("only %v were found", found)
	}
}

func isProgram(t *testing.T, dir string) bool {
	t.Helper()
	paths, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^func main\(\)`).Match(text) {
			return true
		}
	}
	return false
}
