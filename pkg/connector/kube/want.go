package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube/registry"
	"knelt.dev/pkg/connector/kube/resources"
)

// want says what a connector's pod is to be, but for its name and seat.
func (c *Cluster) want(ctx context.Context, what connector.Connector, command connector.Command) (resources.Wanted, error) {
	w := resources.Wanted{Command: command, Connector: what, Image: what.Image, Words: what.Command}
	if err := ctx.Err(); err != nil {
		return w, fmt.Errorf("not starting %s: %w", command, context.Cause(ctx))
	}
	if what.Image == "" {
		return w, &connector.StartError{
			Program: strings.Join(what.Command, " "), Problem: "the connector has no image, and in a cluster every connector is one",
			Fix: "give connector.image; connector.command is a program in it, or one of a local engine",
		}
	}
	if len(what.Command) > 0 && (what.Pod.RunAsUser != nil || what.Pod.RunAsRoot) {
		// All is said, so no registry need be within reach.
		w.User = resources.NewUser(what.Pod, "")
		return w, nil
	}
	image, err := c.lookUp(ctx, what)
	if err != nil {
		return w, err
	}
	w.Image, w.User = image.Ref, resources.NewUser(what.Pod, image.User)
	c.tellUser(what.Image, w.User)
	return w, entrypoint(&w, image)
}

// entrypoint chooses the program: what the document says, else the image's
// AIRBYTE_ENTRYPOINT, else its entrypoint.
func entrypoint(w *resources.Wanted, image registry.Image) error {
	if len(w.Words) > 0 {
		return nil
	}
	w.Words, w.EntrypointEnv = image.Entrypoint, true
	if len(w.Words) > 0 || image.AirbyteEntrypoint != "" || w.Connector.Env["AIRBYTE_ENTRYPOINT"] != "" {
		return nil
	}
	fix := "give connector.command beside connector.image"
	if len(image.Cmd) > 0 {
		fix += fmt.Sprintf("; its CMD, which arguments replace, is %q", image.Cmd)
	}
	return &connector.StartError{Program: w.Connector.Image, Problem: "the image has neither AIRBYTE_ENTRYPOINT nor an ENTRYPOINT", Fix: fix}
}

// tellUser logs once why an image does not run as the user it names.
func (c *Cluster) tellUser(image string, u resources.User) {
	if u.Note == "" {
		return
	}
	if _, told := c.notes.LoadOrStore(image+"\n"+u.Note, true); !told {
		c.Log.Warn("a connector's user", "image", image, "user", u.Note)
	}
}

// lookUp asks the image's registry, with the secrets that the pod is pulled with.
func (c *Cluster) lookUp(ctx context.Context, what connector.Connector) (registry.Image, error) {
	keys, err := c.keys(ctx, what)
	if err != nil {
		return registry.Image{}, err
	}
	image, err := c.Registry.Image(ctx, what.Image, keys)
	fail := func(problem, fix string) (registry.Image, error) {
		return image, &connector.StartError{Program: what.Image, Problem: problem, Fix: fix, Err: err}
	}
	var (
		wrong   *registry.ReferenceError
		missing *registry.NotFoundError
		denied  *registry.DeniedError
		host    *net.DNSError
	)
	switch {
	case err == nil, ctx.Err() != nil:
		return image, err
	case errors.As(err, &wrong):
		return fail(err.Error(), "write connector.image as REGISTRY/NAME:TAG")
	case errors.As(err, &missing):
		return fail(err.Error(), "correct connector.image, or give imagePullSecrets if it is a private one")
	case errors.As(err, &denied):
		return fail(err.Error(), "give imagePullSecrets that may pull it, or correct connector.image")
	case errors.As(err, &host) && host.IsNotFound:
		return fail(fmt.Sprintf("there is no host %s to have the image from", host.Name), "correct connector.image")
	}
	return image, fmt.Errorf("%w: %w", connector.ErrUnavailable, err)
}

// keys are the credentials of the pull secrets.
func (c *Cluster) keys(ctx context.Context, what connector.Connector) (registry.Keys, error) {
	var all registry.Keys
	for _, name := range resources.PullSecrets(c.Settings, what.Pod) {
		secret, err := c.Client.CoreV1().Secrets(c.Settings.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			var keys registry.Keys
			if keys, err = registry.ParseSecret(secret.Data); err == nil {
				all = append(all, keys...)
				continue
			}
		} else if !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
			return nil, fmt.Errorf("reading the pull secret %s: %w", name, err)
		}
		return nil, &connector.StartError{
			Program: what.Image, Problem: fmt.Sprintf("the pull secret %q of the namespace %s cannot be used: %v", name, c.Settings.Namespace, err),
			Fix: "correct imagePullSecrets or the Secret (kubectl create secret docker-registry)", Err: err,
		}
	}
	return all, nil
}
