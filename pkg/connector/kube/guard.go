package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// guard finds what is wrong with a watched pod. Of troubles that may pass it
// tells at once in the log, and gives up when they have lasted too long.
type guard struct {
	watch    *watch
	patience map[patience]time.Duration

	told  string // the trouble that was logged last
	since time.Time
	which patience
}

// run waits for the trouble that ends the pod's use; nil: ctx has ended.
func (g *guard) run(ctx context.Context) error {
	for {
		pod, gone, changed := g.watch.see()
		var later <-chan time.Time
		if t := g.find(pod, gone); t != nil {
			left := g.left(t)
			if left <= 0 {
				return t.err(pod)
			}
			g.tell(pod, t)
			later = time.After(left)
		}
		select {
		case <-changed:
		case <-later:
		case <-ctx.Done():
			return nil
		}
	}
}

func (g *guard) find(pod *corev1.Pod, gone bool) *trouble {
	t := diagnose(pod)
	switch {
	case gone && t == nil:
		return &trouble{over, none, "somebody deleted it", "stop a sync by cancelling it rather than by deleting its pods"}
	case t == nil:
		g.since, g.told = time.Time{}, ""
	}
	return t
}

// left is how long a trouble may still last.
func (g *guard) left(t *trouble) time.Duration {
	if g.since.IsZero() || g.which != t.patience {
		g.since, g.which = time.Now(), t.patience
	}
	return g.patience[t.patience] - time.Since(g.since)
}

func (g *guard) tell(pod *corev1.Pod, t *trouble) {
	if g.told != t.problem {
		g.told = t.problem
		g.watch.log.Warn("a connector's pod waits", "pod", pod.Name, "problem", t.problem, "fix", t.fix, "patience", g.patience[t.patience].String())
	}
}
