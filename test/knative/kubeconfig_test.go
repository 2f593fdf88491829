package knative

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// user makes a user who may do no more than docs/install.md asks for, and gives
// the kubeconfig.
func user(t *testing.T) string {
	t.Helper()
	name := nameOf(t)
	_, err := kube.CoreV1().ServiceAccounts(system).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = kube.CoreV1().ServiceAccounts(system).Delete(context.Background(), name, metav1.DeleteOptions{})
	})
	allow(t, system, name, rbacv1.PolicyRule{
		APIGroups: []string{"serving.knative.dev"}, Resources: []string{"services"},
		ResourceNames: []string{"knelt-scheduler", "knelt-check", "knelt-discover"}, Verbs: []string{"get"},
	})
	allow(t, "knative-serving", name, rbacv1.PolicyRule{
		APIGroups: []string{""}, Resources: []string{"services/proxy"},
		ResourceNames: []string{"http:activator-service:80"}, Verbs: []string{"get", "create", "update"},
	})
	made, err := kube.CoreV1().ServiceAccounts(system).CreateToken(t.Context(), name, &authv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return kubeconfigOf(t, made.Status.Token)
}

func allow(t *testing.T, namespace, account string, rule rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: account}
	if _, err := kube.RbacV1().Roles(namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{rule}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := kube.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: system, Name: account}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = kube.RbacV1().RoleBindings(namespace).Delete(context.Background(), account, metav1.DeleteOptions{})
		_ = kube.RbacV1().Roles(namespace).Delete(context.Background(), account, metav1.DeleteOptions{})
	})
}

// kubeconfigOf writes the administrator's kubeconfig with another token.
func kubeconfigOf(t *testing.T, secret string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: secret}
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// printed runs the command line, and gives what it printed, each line with the time
// at which it came. It has to end well.
func printed(t *testing.T, secret string, args ...string) (lines []string, at []time.Time) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program("knelt"), args...)
	cmd.Env = append(os.Environ(), "KNELT_TOKEN="+secret)
	said := &strings.Builder{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for text := bufio.NewScanner(out); text.Scan(); {
		lines, at = append(lines, text.Text()), append(at, time.Now())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("knelt %s: %v\n%s\n%s", strings.Join(args, " "), err, strings.Join(lines, "\n"), said)
	}
	return lines, at
}

// untick has nobody wake the scheduler while the test runs.
func untick(t *testing.T) {
	t.Helper()
	ticks := knatv.Resource(schema.GroupVersionResource{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}).Namespace(system)
	set := func(ctx context.Context, schedule string) error {
		_, err := ticks.Patch(ctx, "knelt-tick", types.MergePatchType, fmt.Appendf(nil, `{"spec":{"schedule":%q}}`, schedule), metav1.PatchOptions{})
		return err
	}
	if err := set(t.Context(), "0 0 1 1 *"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set(context.Background(), "* * * * *"); err != nil {
			t.Error(err)
		}
	})
}

// TestTheCommandLineReachesTheServerByAKubeconfig: a user with the two rights that
// docs/install.md asks for and a token of Knelt's lists, syncs and watches, though
// the scheduler is at zero at first.
func TestTheCommandLineReachesTheServerByAKubeconfig(t *testing.T) {
	secret := admitted(t)
	const users = 300
	s := newSyncOf(t, recipe{config: faker{Users: users, Rate: 100}.config()})
	s.apply()
	through := []string{"--server", "kube:" + system, "--kubeconfig", user(t)}
	untick(t)
	atZero(t, "scheduler")

	lines, _ := printed(t, secret, append([]string{"connections"}, through...)...)
	if all := strings.Join(lines, "\n"); !strings.Contains(all, s.name) {
		t.Errorf("the connection is not listed:\n%s", all)
	}
	lines, at := printed(t, secret, append([]string{"sync", s.subject()}, through...)...)
	all := strings.Join(lines, "\n")
	if !strings.Contains(all, "succeeded") || !strings.Contains(all, "users") {
		t.Errorf("the sync is not shown:\n%s", all)
	}
	if seen := at[len(at)-1].Sub(at[0]); seen < 3*time.Second {
		t.Errorf("a sync of ten seconds was shown in %s: progress comes late, not as it is made\n%s", seen, all)
	}
	s.exact(users)
}

// TestACheckIsAskedForByAKubeconfig of documents in a file.
func TestACheckIsAskedForByAKubeconfig(t *testing.T) {
	s := newSyncOf(t, recipe{config: faker{Users: 1}.config()})
	file := filepath.Join(t.TempDir(), "source.json")
	s.docs.Source.Metadata.Namespace = connectors
	text, err := json.Marshal(s.docs.Source)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	atZero(t, "check")
	lines, _ := printed(t, "", "check", "-f", file, "--remote=kube:"+system, "--kubeconfig", user(t))
	if all := fmt.Sprint(lines); !strings.Contains(all, "succeeded") {
		t.Error(all)
	}
}
