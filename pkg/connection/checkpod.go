package connection

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"knelt.dev/pkg/connector"
)

// The forms of Kubernetes' names, as its API checks them.
var (
	labelName  = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)
)

// ourKeys are the beginnings of labels and annotations by which Knelt finds its
// pods again.
var ourKeys = []string{"knelt.dev/", "app.kubernetes.io/"}

// podCheck checks what a document says of its connector's pod.
type podCheck struct {
	*reader
	o Origin
}

func (c podCheck) fail(field, message, hint string) {
	if !c.reported(field) {
		c.reportAt(c.o, field, message, hint)
	}
}

func (r *reader) checkPod(o Origin, field string, p connector.Pod) {
	c := podCheck{r, o}
	c.resources(field+".resources", p.Resources)
	c.labels(field+".nodeSelector", p.NodeSelector)
	for i, t := range p.Tolerations {
		c.toleration(itemField(field+".tolerations", i), t)
	}
	c.affinity(field+".affinity", p.Affinity)
	checkWord(r, o, field+".imagePullPolicy", p.ImagePullPolicy, "pull policy", "Always", "IfNotPresent", "Never")
	for i, s := range p.ImagePullSecrets {
		c.name(itemField(field+".imagePullSecrets", i)+".name", s.Name)
	}
	for name, value := range map[string]string{".priorityClassName": p.PriorityClassName, ".runtimeClassName": p.RuntimeClassName} {
		if value != "" {
			c.name(field+name, value)
		}
	}
	c.user(field, p)
	if p.TmpSize != "" {
		c.quantity(field+".tmpSize", p.TmpSize)
	}
	c.labels(field+".podLabels", p.PodLabels)
	c.keys(field+".podAnnotations", p.PodAnnotations)
	c.own(field+".podLabels", p.PodLabels)
	c.own(field+".podAnnotations", p.PodAnnotations)
}

func (c podCheck) name(field, name string) {
	if name == "" {
		c.fail(field, "missing", "name one of the pod's namespace")
		return
	}
	c.checkName(c.o, field, name)
}

func (c podCheck) user(field string, p connector.Pod) {
	switch {
	case p.RunAsUser == nil:
	case p.RunAsRoot:
		c.fail(field+".runAsUser", "runAsRoot is given too", "keep one of the two")
	case *p.RunAsUser == 0:
		c.fail(field+".runAsUser", "0 is root", "write runAsRoot: true if it must be")
	case *p.RunAsUser < 0 || *p.RunAsUser > 1<<31-1:
		c.fail(field+".runAsUser", fmt.Sprintf("%d is no number of a user", *p.RunAsUser), "write one between 1 and 2147483647")
	}
}

func (c podCheck) toleration(field string, t connector.Toleration) {
	checkWord(c.reader, c.o, field+".operator", t.Operator, "operator", "Exists", "Equal")
	checkWord(c.reader, c.o, field+".effect", t.Effect, "effect", "NoSchedule", "PreferNoSchedule", "NoExecute")
	switch {
	case t.Operator == "Exists" && t.Value != "":
		c.fail(field+".value", "cannot stand beside operator: Exists", "leave it out, or write operator: Equal")
	case t.Key == "" && t.Operator != "Exists":
		c.fail(field+".key", "missing", "name the taint's key; operator: Exists without a key tolerates every taint")
	case t.Key != "":
		c.key(field+".key", t.Key)
	}
	if t.Seconds != nil && t.Effect != "NoExecute" {
		c.fail(field+".tolerationSeconds", "needs effect: NoExecute", "add that, or leave it out")
	}
}

func (c podCheck) affinity(field string, raw []byte) {
	if raw == nil {
		return
	}
	value, err := decodeAny(raw)
	mapping, ok := value.(map[string]any)
	if err != nil || !ok {
		c.fail(field, "must be a mapping", "write it as in a pod of Kubernetes")
		return
	}
	known := []string{"nodeAffinity", "podAffinity", "podAntiAffinity"}
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		if !slices.Contains(known, key) {
			c.fail(childField(field, key), "unknown field", didYouMean(key, known))
		}
	}
}

func (c podCheck) labels(field string, labels map[string]string) {
	c.keys(field, labels)
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !labelValue.MatchString(labels[key]) {
			c.fail(childField(field, key), excerpt(labels[key])+" is no value of a label", "at most 63 letters, digits, -, _ and ., beginning and ending with a letter or digit")
		}
	}
}

func (c podCheck) keys(field string, m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		c.key(childField(field, key), key)
	}
}

func (c podCheck) key(field, key string) {
	if !labelKey(key) {
		c.fail(field, excerpt(key)+" is no key", "write NAME or PREFIX/NAME; a name has at most 63 letters, digits, -, _ and ., a prefix is a DNS name")
	}
}

func labelKey(key string) bool {
	prefix, name, two := strings.Cut(key, "/")
	if !two {
		return labelName.MatchString(key)
	}
	return len(prefix) <= 253 && dns1123.MatchString(prefix) && labelName.MatchString(name)
}

// own refuses what Knelt sets itself.
func (c podCheck) own(field string, m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		for _, prefix := range ourKeys {
			if strings.HasPrefix(key, prefix) {
				c.fail(childField(field, key), "is Knelt's own to set", "choose another prefix than "+prefix)
			}
		}
	}
}
