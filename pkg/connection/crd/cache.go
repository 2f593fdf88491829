package crd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	toolscache "k8s.io/client-go/tools/cache"
)

// cache keeps the objects of all kinds: each is listed once, and then watched.
// An object is read again only when more than its status has changed.
type cache struct {
	stop  context.CancelFunc
	ended sync.WaitGroup
	// informers are by kind, one for each namespace.
	informers map[string][]toolscache.SharedIndexInformer

	mu sync.Mutex
	// last is the newest error of each informer's list or watch.
	last map[toolscache.SharedIndexInformer]error
	// changes counts what came; versioned is the count for which digest was made.
	changes, versioned int64
	digest             string
}

func newCache(client dynamic.Interface, namespaces []string) (*cache, error) {
	ctx, stop := context.WithCancel(context.Background())
	c := &cache{stop: stop, informers: map[string][]toolscache.SharedIndexInformer{}, last: map[toolscache.SharedIndexInformer]error{}}
	for kind := range resources {
		for _, namespace := range namespaces {
			if err := c.add(ctx, client, kind, namespace); err != nil {
				c.close()
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *cache) add(ctx context.Context, client dynamic.Interface, kind, namespace string) error {
	informer := dynamicinformer.NewFilteredDynamicInformer(client, resources[kind], namespace, 0, nil, nil).Informer()
	fails := func(_ context.Context, _ *toolscache.Reflector, err error) { c.failed(informer, err) }
	err := errors.Join(informer.SetTransform(c.transform(informer, kind)), informer.SetWatchErrorHandlerWithContext(fails))
	if err != nil {
		return err
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { c.changed() },
		UpdateFunc: func(before, after any) { c.updated(before, after) },
		DeleteFunc: func(any) { c.changed() },
	}); err != nil {
		return err
	}
	c.informers[kind] = append(c.informers[kind], informer)
	c.ended.Go(func() { informer.RunWithContext(ctx) })
	return nil
}

// transform reads what comes from the API server.
func (c *cache) transform(informer toolscache.SharedIndexInformer, kind string) toolscache.TransformFunc {
	return func(what any) (any, error) {
		u, ok := what.(*unstructured.Unstructured)
		if !ok {
			return what, nil
		}
		c.failed(informer, nil)
		u.SetKind(kind) // items of a list may be without
		known, ok, err := informer.GetStore().GetByKey(u.GetNamespace() + "/" + u.GetName())
		if err != nil {
			return nil, err
		}
		if before, is := known.(*object); ok && is && before.unchanged(u) {
			return before.again(u), nil
		}
		return read(u), nil
	}
}

func (c *cache) failed(informer toolscache.SharedIndexInformer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[informer] = err
}

func (c *cache) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
}

// updated is told of new versions, most of which have only another status.
func (c *cache) updated(before, after any) {
	old, isOld := before.(*object)
	now, isNow := after.(*object)
	if isOld && isNow && old.Generation == now.Generation && maps.Equal(old.Labels, now.Labels) && maps.Equal(old.Annotations, now.Annotations) &&
		old.UID == now.UID && (old.DeletionTimestamp == nil) == (now.DeletionTimestamp == nil) {
		return
	}
	c.changed()
}

// version is a digest of all objects. It is made anew only after a change.
func (c *cache) version() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.digest != "" && c.versioned == c.changes {
		return c.digest
	}
	digest := sha256.New()
	for _, kind := range slices.Sorted(maps.Keys(c.informers)) {
		all := c.all(kind)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			all[key].hash(digest)
		}
	}
	c.versioned, c.digest = c.changes, hex.EncodeToString(digest.Sum(nil)[:16])
	return c.digest
}

// synced waits until everything was listed once.
func (c *cache) synced(ctx context.Context) error {
	for kind, list := range c.informers {
		for _, informer := range list {
			if !toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
				c.mu.Lock()
				defer c.mu.Unlock()
				return contextError(ctx, fmt.Sprintf("listing the objects of kind %s", kind), c.last[informer])
			}
		}
	}
	return nil
}

// all gives the objects of a kind by "namespace/name".
func (c *cache) all(kind string) map[string]*object {
	objects := map[string]*object{}
	for _, informer := range c.informers[kind] {
		for _, one := range informer.GetStore().List() {
			if o, ok := one.(*object); ok && o.DeletionTimestamp == nil {
				objects[o.Namespace+"/"+o.Name] = o
			}
		}
	}
	return objects
}

func (c *cache) close() {
	c.stop()
	c.ended.Wait()
}
