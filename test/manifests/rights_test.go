package manifests

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// TestRightsAreTheTableOfTheDocs, both ways: a right that the table does not
// explain is one too many.
func TestRightsAreTheTableOfTheDocs(t *testing.T) {
	if diff := cmp.Diff(documented(t), granted(t)); diff != "" {
		t.Errorf("docs/install.md and the manifests differ (-docs +manifests):\n%s", diff)
	}
}

// granted gives the verbs by "ServiceAccount NAMESPACE RESOURCE".
func granted(t *testing.T) map[string]string {
	t.Helper()
	all, rights := installation(t), map[string]string{}
	for _, b := range of[*rbacv1.RoleBinding](all) {
		role := named[*rbacv1.Role](t, all, b.Namespace, b.RoleRef.Name)
		for _, s := range b.Subjects {
			for _, rule := range role.Rules {
				for _, resource := range rule.Resources {
					key := s.Name + " " + b.Namespace + " " + strings.TrimSpace(resource+" "+strings.Join(rule.ResourceNames, " "))
					rights[key] = strings.Join(slices.Sorted(slices.Values(rule.Verbs)), " ")
				}
			}
		}
	}
	return rights
}

// documented reads the same from the rows of docs/install.md:
// | `ACCOUNT` | `NAMESPACE` | RESOURCE `NAME` | VERB, VERB | why |.
func documented(t *testing.T) map[string]string {
	t.Helper()
	docs, err := os.ReadFile(root + "docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := map[string]string{}
	for line := range strings.Lines(string(docs)) {
		cells := strings.Split(strings.ReplaceAll(line, "`", ""), "|")
		if len(cells) != 7 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "knelt-") {
			continue
		}
		verbs := slices.Sorted(slices.Values(strings.Split(strings.TrimSpace(cells[4]), ", ")))
		for account := range strings.SplitSeq(strings.TrimSpace(cells[1]), ", ") {
			rights[account+" "+strings.TrimSpace(cells[2])+" "+strings.TrimSpace(cells[3])] = strings.Join(verbs, " ")
		}
	}
	return rights
}

// TestNobodyMayDoAnythingInTheWholeCluster, or whatever it likes.
func TestNobodyMayDoAnythingInTheWholeCluster(t *testing.T) {
	all := everything(t)
	if len(of[*rbacv1.ClusterRole](all))+len(of[*rbacv1.ClusterRoleBinding](all)) > 0 {
		t.Error("there is a right to the whole cluster")
	}
	for _, r := range of[*rbacv1.Role](all) {
		for _, rule := range r.Rules {
			if slices.Contains(slices.Concat(rule.Verbs, rule.Resources, rule.APIGroups), "*") {
				t.Errorf("the Role %s/%s has an asterisk", r.Namespace, r.Name)
			}
		}
	}
}

// TestOnlyTheSecretsOfConnectorsCanBeRead: those of knelt-system are read by no
// program that knows the API server, but for the one that makes them.
func TestOnlyTheSecretsOfConnectorsCanBeRead(t *testing.T) {
	for right := range maps.Keys(granted(t)) {
		if strings.Contains(right, " knelt-system ") && right != "knelt-redis knelt-system secrets knelt-store" {
			t.Errorf("there is the right %s", right)
		}
	}
}

func TestServiceAccountsExist(t *testing.T) {
	all := installation(t)
	for _, p := range pods(everything(t)) {
		if p.spec.ServiceAccountName == "" {
			t.Errorf("%s runs as the account that everything runs as", p.name)
			continue
		}
		named[*corev1.ServiceAccount](t, all, p.namespace, p.spec.ServiceAccountName)
	}
	for _, b := range of[*rbacv1.RoleBinding](all) {
		for _, s := range b.Subjects {
			named[*corev1.ServiceAccount](t, all, s.Namespace, s.Name)
		}
	}
}

// TestPodsWithoutRightsHaveNoToken: but for those of the functions that use it.
func TestPodsWithoutRightsHaveNoToken(t *testing.T) {
	rights := map[string]bool{}
	for right := range granted(t) {
		account, _, _ := strings.Cut(right, " ")
		rights[account] = true
	}
	for _, p := range pods(everything(t)) {
		mounted := p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken
		if mounted && !rights[p.spec.ServiceAccountName] {
			t.Errorf("%s: its token is mounted, and opens nothing", p.name)
		}
		if mounted && len(p.spec.InitContainers) > 0 {
			t.Errorf("%s: its token is mounted in every container", p.name)
		}
	}
}
