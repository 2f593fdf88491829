package connection

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"knelt.dev/pkg/airbyte"
)

// Scaffold writes a Connection with every stream of a catalog and comments with
// the choices there are, for `knelt discover -o connection.yaml`. An empty
// destination leaves a name to fill in; names that no document can have are
// made valid. Load reads the result, and Select
// decides the same as for a connection that names no streams. The error is for a
// catalog without streams.
func Scaffold(source, destination string, catalog airbyte.StreamCatalog) ([]byte, error) {
	if len(catalog.Streams) == 0 {
		return nil, errors.New("the source offers no stream: check its config and its permissions")
	}
	for _, stream := range catalog.Streams {
		if stream.Name == "" {
			return nil, errors.New("the source offers a stream without a name: this is a fault of the source connector")
		}
	}
	if source = dnsName(source); source == "" {
		source = "source"
	}
	note := ""
	if destination = dnsName(destination); destination == "" {
		destination, note = "destination", "  # the name of your Destination"
	}
	name := dnsName(source + "-to-" + destination)
	if name == "" {
		name = "connection" // the two together are too long
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Every stream of source %s. Remove those you do not want, or remove streams\n", yamlString(source))
	b.WriteString("# as a whole to move all of them, new ones included. What is commented out is\n")
	b.WriteString("# taken from the source and the destination.\n")
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\nspec:\n", APIVersion, KindConnection, yamlString(name))
	fmt.Fprintf(&b, "  source: %s\n  destination: %s%s\n  streams:\n", yamlString(source), yamlString(destination), note)
	for _, stream := range catalog.Streams {
		scaffoldStream(&b, tidy(stream))
	}
	return []byte(b.String()), nil
}

func scaffoldStream(b *strings.Builder, stream airbyte.Stream) {
	decided := &decision{selector: &selector{conn: &Connection{}}, stream: stream}
	decided.syncMode()
	mode := decided.out.SyncMode

	fmt.Fprintf(b, "    - name: %s\n", yamlString(stream.Name))
	if stream.Namespace != "" {
		fmt.Fprintf(b, "      namespace: %s\n", yamlString(stream.Namespace))
	}
	fmt.Fprintf(b, "      syncMode: %s%s\n", yamlString(string(mode)), scaffoldModes(mode, decided.supported()))
	b.WriteString("      # destinationSyncMode: append, overwrite, append_dedup or overwrite_dedup, as the destination can\n")
	scaffoldCursor(b, stream, mode, decided.supported())
	if key := stream.SourceDefinedPrimaryKey; len(key) > 0 {
		fmt.Fprintf(b, "      primaryKey: %s  # defined by the source\n", pathsText(key))
	} else {
		b.WriteString("      # primaryKey: [[FIELD]], needed for append_dedup and overwrite_dedup\n")
	}
	if properties, listed := schemaProperties(stream.JSONSchema); listed {
		fmt.Fprintf(b, "      # selectedFields: %s\n", pathText(slices.Sorted(slices.Values(keys(properties)))))
	}
}

func scaffoldModes(mode airbyte.SyncMode, supported []airbyte.SyncMode) string {
	var others []string
	for _, m := range supported {
		if m != mode {
			others = append(others, yamlString(string(m)))
		}
	}
	if len(others) == 0 {
		return "  # the only one the source can do"
	}
	return "  # or " + strings.Join(others, ", ")
}

func scaffoldCursor(b *strings.Builder, stream airbyte.Stream, mode airbyte.SyncMode, supported []airbyte.SyncMode) {
	switch {
	case stream.SourceDefinedCursor:
		b.WriteString("      # cursorField: the source uses its own\n")
	case mode == airbyte.Incremental && len(stream.DefaultCursorField) > 0:
		fmt.Fprintf(b, "      cursorField: %s\n", pathText(stream.DefaultCursorField))
	case mode == airbyte.Incremental:
		b.WriteString("      # cursorField: [FIELD], to be filled in: a field that grows with each change\n")
	case slices.Contains(supported, airbyte.Incremental):
		b.WriteString("      # cursorField: [FIELD], needed for incremental: a field that grows with each change\n")
	}
}

var plainYAML = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// yamlString writes a string so that YAML 1.1 and 1.2 read it as the same one,
// in one line.
func yamlString(s string) string {
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return `"` + s + `"`
	}
	if plainYAML.MatchString(s) {
		return s
	}
	return yamlQuoted(s)
}

// yamlQuoted writes a string in double quotes, unprintable characters escaped.
func yamlQuoted(s string) string {
	var b strings.Builder
	for _, c := range jsonString(s) {
		switch {
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	return b.String()
}
