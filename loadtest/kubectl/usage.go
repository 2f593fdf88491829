package kubectl

import (
	"context"
	"fmt"
	"time"
)

// Usage is what a pod has used, as its kubelet says (the Summary API).
type Usage struct {
	Namespace, Name, UID string
	At                   time.Time     // of the CPU time
	CPU                  time.Duration // since the pod began
	Memory               int64         // bytes, the working set
}

type summary struct {
	Pods []struct {
		PodRef struct{ Namespace, Name, UID string }
		CPU    *struct {
			Time                 time.Time
			UsageCoreNanoSeconds int64
		}
		Memory *struct{ WorkingSetBytes int64 }
	}
}

// Usages are those of all pods that run on all nodes.
func (a *API) Usages(ctx context.Context) ([]Usage, error) {
	var nodes struct{ Items []Pod } // of which the name is looked at
	if err := a.Get(ctx, "/api/v1/nodes", &nodes); err != nil {
		return nil, err
	}
	var all []Usage
	for _, n := range nodes.Items {
		var s summary
		if err := a.Get(ctx, fmt.Sprintf("/api/v1/nodes/%s/proxy/stats/summary", n.Metadata.Name), &s); err != nil {
			return nil, err
		}
		all = append(all, s.usages()...)
	}
	return all, nil
}

// usages leaves out pods of which the kubelet knows nothing: they have just begun
// or ended.
func (s summary) usages() []Usage {
	var all []Usage
	for _, p := range s.Pods {
		if p.CPU == nil || p.Memory == nil {
			continue
		}
		all = append(all, Usage{
			p.PodRef.Namespace, p.PodRef.Name, p.PodRef.UID, p.CPU.Time, time.Duration(p.CPU.UsageCoreNanoSeconds), p.Memory.WorkingSetBytes,
		})
	}
	return all
}
