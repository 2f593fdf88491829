package bucket

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/errgroup"
)

// atOnce is how many objects are fetched or removed side by side.
const atOnce = 8

// object is one of a listing.
type object struct {
	key     string
	bytes   int64
	changed time.Time
}

// each calls do for everything below a folder, in order.
func (b *Bucket) each(ctx context.Context, dir string, do func(object)) error {
	return b.list(ctx, &blob.ListOptions{Prefix: dir}, do)
}

// dirs lists the folders right below a folder, in order.
func (b *Bucket) dirs(ctx context.Context, dir string) (found []string, err error) {
	err = b.list(ctx, &blob.ListOptions{Prefix: dir, Delimiter: "/"}, func(o object) {
		if strings.HasSuffix(o.key, "/") {
			found = append(found, o.key)
		}
	})
	return found, err
}

func (b *Bucket) list(ctx context.Context, o *blob.ListOptions, do func(object)) error {
	for all := b.blobs.List(o); ; {
		got, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		do(object{got.Key, got.Size, got.ModTime})
	}
}

// chunks lists the chunks below a folder in the order of their lines.
func (b *Bucket) chunks(ctx context.Context, dir string) (found []chunk, err error) {
	err = b.each(ctx, dir, func(o object) {
		if c, ok := parse(o.key, o.bytes); ok {
			found = append(found, c)
		}
	})
	slices.SortFunc(found, func(a, b chunk) int { return cmp.Or(cmp.Compare(a.dir, b.dir), cmp.Compare(a.number, b.number)) })
	return found, err
}

// remove removes objects; those that are gone already are no error.
func (b *Bucket) remove(ctx context.Context, keys []string) error {
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, key := range keys {
		all.Go(func() error {
			if err := b.blobs.Delete(ctx, key); err != nil && !missing(err) {
				return err
			}
			return nil
		})
	}
	return all.Wait()
}

func missing(err error) bool { return gcerrors.Code(err) == gcerrors.NotFound }
