package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/schemachange"
)

// keepSchemas is how long a connection may be without a sync before it is
// forgotten what its source had.
const keepSchemas = 400 * 24 * time.Hour

// keptSchema is what is kept of the schema of a connection's source.
type keptSchema struct {
	// Catalog compressed: of a large database it has megabytes.
	Catalog []byte `json:"catalog"`
	// Told is the digest of a change that was told and is still there.
	Told string `json:"told,omitempty"`
	// Stopped is the digest of the change that the last sync was not run for.
	Stopped string `json:"stopped,omitempty"`
	// Change is the last that was told.
	Change *SchemaChange `json:"change,omitempty"`

	catalog airbyte.StreamCatalog
}

func schemaName(connection string) string { return "schema/" + connection }

// LastSchemaChange gives the last change of its source's schema that a sync of a
// connection, by its key, has found; nil if none is known.
func (e *Engine) LastSchemaChange(ctx context.Context, connection string) (*SchemaChange, error) {
	kept, _, err := e.schema(ctx, connection)
	return kept.Change, err
}

// DiffSchema tells how the streams that a source has now differ from those of a
// connection's last sync. ok is false if that is not known: syncs keep it if the
// connection has discoverBeforeSync.
func (e *Engine) DiffSchema(ctx context.Context, conn *connection.Connection, dest *connection.Destination, now airbyte.StreamCatalog) (diff schemachange.Diff, ok bool, err error) {
	kept, ok, err := e.schema(ctx, conn.Metadata.Key())
	if err != nil || !ok {
		return diff, false, err
	}
	return schemachange.Compare(kept.catalog, now, usesOf(conn, dest, kept.catalog, now, nil)), true, nil
}

func (e *Engine) schema(ctx context.Context, connection string) (kept keptSchema, ok bool, err error) {
	text, ok, err := e.Store.Memo(ctx, schemaName(connection))
	if err != nil || !ok {
		return kept, false, while("reading the last sync's schema", err)
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return keptSchema{}, false, while("reading the last sync's schema", err)
	}
	catalog, err := decompressed(kept.Catalog)
	if err == nil {
		err = airbyte.Unmarshal(catalog, &kept.catalog)
	}
	return kept, err == nil, while("reading the last sync's schema", err)
}

func (e *Engine) saveSchema(ctx context.Context, connection string, kept keptSchema) error {
	catalog, err := airbyte.Marshal(kept.catalog)
	if err == nil {
		kept.Catalog, err = compressed(catalog)
	}
	var text []byte
	if err == nil {
		text, err = json.Marshal(kept)
	}
	if err == nil {
		err = e.Store.SaveMemo(ctx, schemaName(connection), text, keepSchemas)
	}
	return while("keeping the source's schema", err)
}

func compressed(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

// largestSchema bounds what a damaged memo may unpack to; a line of a connector
// is shorter.
const largestSchema = 512 << 20

func decompressed(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, largestSchema+1))
	if err == nil && len(text) > largestSchema {
		err = fmt.Errorf("it is larger than %d MiB", largestSchema>>20)
	}
	return text, err
}
