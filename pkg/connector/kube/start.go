package kube

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/resources"
)

// start makes a pod and starts a command in it. What it has made is deleted if it
// fails.
func (c *Cluster) start(ctx context.Context, w resources.Wanted, cfg client.Config, inv connector.Invocation) (*placed, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.StartTimeout, fmt.Errorf("the connector did not run within %s", c.StartTimeout))
	defer cancel()
	p, err := c.place(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := p.begin(ctx, cfg, inv); err != nil {
		err = p.why(ctx, err)
		p.discard(err)
		return nil, err
	}
	p.keep()
	return p, nil
}

// begin starts the command and waits until it runs.
func (p *placed) begin(ctx context.Context, cfg client.Config, inv connector.Invocation) error {
	ctx, cancel := p.within(ctx)
	defer cancel()
	if err := p.attach(ctx, cfg); err != nil {
		return err
	}
	if err := p.run.Start(ctx, inv); err != nil {
		return err
	}
	return p.run.Launched(ctx)
}

// why finds the reason behind an error of begin.
func (p *placed) why(ctx context.Context, err error) error {
	if trouble := context.Cause(p.ctx); trouble != nil {
		return trouble
	}
	var unlaunched *client.UnlaunchedError
	switch {
	case errors.As(err, &unlaunched) && (unlaunched.Exit.Code == 126 || unlaunched.Exit.Code == 127):
		return &connector.StartError{
			Program: p.pod.Annotations[resources.AnnotationImage], Problem: unlaunched.Exit.Reason,
			Fix: "correct the image, or give connector.command beside connector.image", Err: err,
		}
	case ctx.Err() != nil:
		return fmt.Errorf("pod %s: %w%s", p.pod.Name, err, p.warnings())
	}
	return fmt.Errorf("pod %s: %w", p.pod.Name, err)
}

// warnings are what Kubernetes last said of a pod that came to nothing. They are
// only told if it may be asked.
func (p *placed) warnings() string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list, err := p.c.Client.CoreV1().Events(p.pod.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.uid", string(p.pod.UID)).String(),
	})
	if err != nil {
		p.log.Debug("events cannot be read", "error", err)
		return ""
	}
	var said []string
	for _, e := range list.Items {
		if e.Type == corev1.EventTypeWarning && e.InvolvedObject.UID == p.pod.UID {
			said = append(said, e.Reason+saying(e.Message))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return " (Kubernetes warns: " + strings.Join(said[max(0, len(said)-3):], "; ") + ")"
}

// place makes a pod and its Secret. What a start that failed has left on the seat
// goes first, unless a newer engine made it.
func (c *Cluster) place(ctx context.Context, w resources.Wanted) (*placed, error) {
	for try := 1; ; try++ {
		p, err := c.make(ctx, w)
		switch {
		case err == nil:
			return p, nil
		case imagesUnknown(err) && c.delivery.refused():
			c.Log.Info("this cluster's pods cannot mount images: the bridge is copied into them", "error", err)
		case apierrors.IsAlreadyExists(err) && w.Seat != nil && try < 3:
			if err := c.vacate(ctx, w); err != nil {
				return nil, err
			}
		default:
			return nil, refused(w.Connector.Image, w.Name, err)
		}
	}
}

// make creates both. The Secret comes first, since the pod waits for it, and goes
// with the pod once that is there.
func (c *Cluster) make(ctx context.Context, w resources.Wanted) (*placed, error) {
	settings := c.Settings
	var err error
	if settings.Copied, err = c.delivery.copies(); err != nil {
		return nil, err
	}
	wanted, err := resources.Pod(settings, w)
	if err != nil {
		return nil, &connector.StartError{Program: w.Connector.Image, Problem: err.Error(), Fix: "correct spec.connector", Err: err}
	}
	seed, err := secure.NewSyncSeed().Pod(secure.Pod(resources.Side(w.Command)))
	if err != nil {
		return nil, err
	}
	secret, err := c.secrets().Create(ctx, resources.Secret(settings, w, seed.Text()), metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	pod, err := c.pods().Create(ctx, wanted, metav1.CreateOptions{})
	if err != nil {
		c.takeBack(ctx, secret)
		return nil, err
	}
	go c.own(pod)
	return c.follow(pod, seed, secret.UID), nil
}

// takeBack deletes the Secret of a pod that was not created.
func (c *Cluster) takeBack(ctx context.Context, secret *corev1.Secret) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTime)
	defer cancel()
	if err := c.deleteSecret(ctx, secret.Name, secret.UID); err != nil {
		c.Log.Warn("a Secret that is not needed any more was not deleted: Sweep will", "secret", secret.Name, "error", err)
	}
}

// vacate removes what stands on a seat.
func (c *Cluster) vacate(ctx context.Context, w resources.Wanted) error {
	pod, err := c.pods().Get(ctx, w.Name, metav1.GetOptions{})
	if err == nil {
		if epoch := epochOf(pod); epoch > w.Seat.Epoch {
			return fmt.Errorf("pod %s was made by an engine of epoch %d, and this one's is %d: %w", w.Name, epoch, w.Seat.Epoch, client.ErrSuperseded)
		}
		if err = c.deletePod(ctx, pod); err == nil {
			err = c.awaitGone(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", w.Name).String()}, []corev1.Pod{*pod})
		}
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing what is left of pod %s: %w", w.Name, err)
	}
	err = c.secrets().Delete(ctx, w.Name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing what is left of pod %s: %w", w.Name, err)
	}
	return nil
}

func epochOf(p *corev1.Pod) int64 {
	epoch, err := strconv.ParseInt(p.Annotations[resources.AnnotationEpoch], 10, 64)
	if err != nil {
		return 0 // somebody has changed it: nobody's
	}
	return epoch
}

// own makes the Secret go with its pod, however that ends.
func (c *Cluster) own(pod *corev1.Pod) {
	ctx, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	o := resources.Owner(pod)
	patch := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":%q}]}}`, o.APIVersion, o.Kind, o.Name, o.UID)
	_, err := c.secrets().Patch(ctx, pod.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		c.Log.Warn("a Secret does not belong to its pod; Sweep deletes it in the end", "secret", pod.Name, "error", err)
	}
}
