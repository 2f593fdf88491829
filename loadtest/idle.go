package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"knelt.dev/loadtest/kubectl"
	"knelt.dev/loadtest/site"
)

// idleFor is how long nothing is due.
const idleFor = 5 * time.Minute

// kubeletLooks is how old a kubelet's figures may be, at the most.
const kubeletLooks = 30 * time.Second

// runIdle waits until all of Knelt has gone to zero, lets five minutes pass, and
// tells what is there then, and what it took in that time.
func runIdle(ctx context.Context, _ options, s *site.Site) (*table, error) {
	return idle(ctx, s, "")
}

// schedulerService is the only function that ticks keep.
const schedulerService = "knelt-scheduler"

// runTicked is the same where the scheduler is ticked once a minute, and nothing is
// due.
func runTicked(ctx context.Context, _ options, s *site.Site) (*table, error) {
	t, err := idle(ctx, s, schedulerService)
	if err != nil {
		return nil, err
	}
	t.Notes = append(t.Notes, fmt.Sprintf("a PingSource ticked the scheduler once a minute, of which there were at most %d pods", s.Crowd.Most(schedulerService)))
	return t, nil
}

// idle measures an installation in which there are no pods of functions and
// connectors but those of one function that may come and go.
func idle(ctx context.Context, s *site.Site, but string) (*table, error) {
	others := func() int { return s.Crowd.All() - s.Crowd.Count(but) }
	awaited := func() bool { return others() == 0 && (but == "" || s.Crowd.Count(but) > 0) }
	if err := s.Await("the end of all pods that nothing needs", emptiesWithin, awaited); err != nil {
		return nil, err
	}
	s.Forget()
	time.Sleep(kubeletLooks) // so that its next figures are of idle pods
	before, err := s.API.Usages(ctx)
	if err != nil {
		return nil, err
	}
	woke := time.Now().Add(idleFor)
	if err := s.Await("five idle minutes", 2*idleFor, func() bool { return time.Now().After(woke) || others() > 0 }); err != nil {
		return nil, err
	}
	if n := others(); n > 0 {
		return nil, fmt.Errorf("%d pods came while nothing was due", n)
	}
	after, err := s.API.Usages(ctx)
	if err != nil {
		return nil, err
	}
	t := &table{Columns: []string{"pods", "CPU m", "memory MiB"}, Bars: "memory MiB"}
	idleRows(t, idleOf(before, after))
	t.Notes = append(t.Notes, "after five minutes in which nothing was due; CPU in thousandths of a core, the mean of that time; memory is the working set, by the kubelets",
		"a trigger of this measurement's own was there as well, which nothing passed")
	return t, nil
}

// idling is what one pod took while it idled.
type idling struct {
	namespace, name string
	cores           float64
	bytes           int64
}

// idleOf compares two looks. Of a pod that is not in both there is no CPU.
func idleOf(before, after []kubectl.Usage) []idling {
	was := map[string]kubectl.Usage{}
	for _, u := range before {
		was[u.UID] = u
	}
	all := make([]idling, 0, len(after))
	for _, u := range after {
		one := idling{u.Namespace, u.Name, none, u.Memory}
		if b, known := was[u.UID]; known && u.At.After(b.At) {
			one.cores = (u.CPU - b.CPU).Seconds() / u.At.Sub(b.At).Seconds()
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b idling) int { return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name) })
	return all
}

// idleRows sums the namespaces of Knelt, of Knative and of the cluster itself, and
// lists the pods of Knelt's. Its two are there also if they are empty.
func idleRows(t *table, all []idling) {
	byNamespace := map[string][]idling{site.System: nil, site.Connectors: nil}
	for _, one := range all {
		if !strings.HasPrefix(one.namespace, "kn") && one.namespace != "kube-system" {
			continue // somebody else's
		}
		byNamespace[one.namespace] = append(byNamespace[one.namespace], one)
	}
	for _, namespace := range slices.SortedFunc(maps.Keys(byNamespace), kneltFirst) {
		pods := byNamespace[namespace]
		cores, bytes := 0.0, int64(0)
		for _, p := range pods {
			cores, bytes = cores+p.cores, bytes+p.bytes
		}
		t.add(namespace, float64(len(pods)), cores*1000, float64(bytes)/(1<<20))
		if namespace != site.System && namespace != site.Connectors {
			continue
		}
		for _, p := range pods {
			t.add("  "+p.name, 1, p.cores*1000, float64(p.bytes)/(1<<20))
		}
	}
}

// kneltFirst sorts Knelt's namespaces before the others.
func kneltFirst(a, b string) int {
	key := func(namespace string) string {
		if strings.HasPrefix(namespace, "knelt-") {
			return " " + namespace
		}
		return namespace
	}
	return strings.Compare(key(a), key(b))
}
