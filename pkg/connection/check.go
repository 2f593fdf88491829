package connection

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// reportAt reports a problem of a field of the document being read.
func (r *reader) reportAt(o Origin, field, message, hint string) {
	r.problems = append(r.problems, Problem{o.At(field), field, message, hint})
}

func (s *Source) check(r *reader) {
	r.checkMetadata(s.Origin, s.Metadata)
	r.checkConnector(s.Origin, s.Spec.Connector)
	r.checkConfig(s.Origin, s.Spec.Config)
}

func (d *Destination) check(r *reader) {
	r.checkMetadata(d.Origin, d.Metadata)
	r.checkConnector(d.Origin, d.Spec.Connector)
	r.checkConfig(d.Origin, d.Spec.Config)
}

// dns1123 is the form of metadata.name in Kubernetes, so that the same
// documents can become custom resources.
var dns1123 = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

func (r *reader) checkMetadata(o Origin, m Metadata) {
	if m.Name == "" {
		if !r.reported("metadata.name") {
			r.reportAt(o, "metadata.name", "missing", "give the document a name")
		}
	} else {
		r.checkName(o, "metadata.name", m.Name)
	}
	if m.Namespace != "" {
		r.checkName(o, "metadata.namespace", m.Namespace)
	}
}

// reported tells whether the document has a problem at a field already, or
// above or below it, so that one mistake is not told twice.
func (r *reader) reported(field string) bool {
	return slices.ContainsFunc(r.problems[r.document:], func(p Problem) bool {
		return strings.HasPrefix(p.Field, field) || strings.HasPrefix(field, p.Field)
	})
}

func (r *reader) checkName(o Origin, field, name string) {
	if len(name) <= 253 && dns1123.MatchString(name) {
		return
	}
	hint := "at most 253 of a-z, 0-9, - and ., beginning and ending with a letter or digit"
	if better := dnsName(name); better != "" {
		hint = fmt.Sprintf("did you mean %q? (%s)", better, hint)
	}
	r.reportAt(o, field, fmt.Sprintf("%s is no valid name", excerpt(name)), hint)
}

var notDNS = regexp.MustCompile(`[^a-z0-9.]+`)

// dnsName makes a valid name of a text, "" if nothing is left of it.
func dnsName(text string) string {
	name := strings.Trim(notDNS.ReplaceAllString(strings.ToLower(text), "-"), "-.")
	if len(name) > 253 || !dns1123.MatchString(name) {
		return ""
	}
	return name
}

var imageName = regexp.MustCompile(`^[^\s"'\\]+$`)

func (r *reader) checkConnector(o Origin, c Connector) {
	const field = "spec.connector"
	switch {
	case c.Command == nil && c.Image == "":
		if !r.reported(field) {
			r.reportAt(o, field, "names no program", "give it command: [PROGRAM, ARGUMENT...] or image: NAME:TAG")
		}
	case c.Image != "" && !imageName.MatchString(c.Image):
		r.reportAt(o, field+".image", "is no image name", "write it as REGISTRY/NAME:TAG")
	case c.Command != nil && (len(c.Command) == 0 || c.Command[0] == ""):
		if !r.reported(field + ".command[0]") {
			r.reportAt(o, field+".command", "the program is empty", "write command: [PROGRAM, ARGUMENT...]")
		}
	}
	for i, word := range c.Command {
		if strings.ContainsRune(word, 0) {
			r.reportAt(o, itemField(field+".command", i), "holds a NUL character", "no program can be given one")
		}
	}
	r.checkEnv(o, field+".env", c.Env)
	r.checkPod(o, field, c.Pod)
}

func (r *reader) checkEnv(o Origin, field string, env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			r.reportAt(o, childField(field, name), "is no name of an environment variable", "remove the = in it")
		}
		if strings.ContainsRune(env[name], 0) {
			r.reportAt(o, childField(field, name), "its value holds a NUL character", "")
		}
		for _, p := range checkReferences(childField(field, name), env[name]) {
			r.reportAt(o, p.Field, p.Message, p.Hint)
		}
	}
}

func (r *reader) checkConfig(o Origin, config []byte) {
	const field = "spec.config"
	if config[0] != '{' && !r.reported(field) {
		r.reportAt(o, field, "must be a mapping", "write it as NAME: value, or leave it out")
		return
	}
	walkJSON(config, field, func(leaf jsonLeaf) {
		if text, ok := leaf.text(); ok {
			for _, p := range checkReferences(leaf.field, text) {
				r.reportAt(o, p.Field, p.Message, p.Hint)
			}
		}
	})
}

func (c *Connection) check(r *reader) {
	r.checkMetadata(c.Origin, c.Metadata)
	r.checkEnd(c.Origin, "spec.source", c.Spec.Source, KindSource)
	r.checkEnd(c.Origin, "spec.destination", c.Spec.Destination, KindDestination)
	r.checkSchedule(c.Origin, c.Spec.Schedule)
	checkWord(r, c.Origin, "spec.onSchemaChange", c.Spec.OnSchemaChange, "policy", IgnoreChanges, PropagateFields, PropagateAll, PauseOnChange)
	r.checkNotifications(c.Origin, c.Spec.Notifications)
	if c.Spec.Streams != nil && len(c.Spec.Streams) == 0 {
		r.reportAt(c.Origin, "spec.streams", "selects no stream", "name streams, or leave the field out for all of them")
	}
	for i, s := range c.Spec.Streams {
		r.checkStream(c.Origin, itemField("spec.streams", i), s)
	}
	r.checkNamespaceFormat(c.Origin, c.Spec.NamespaceFormat)
	r.checkNumbers(c)
}

func (r *reader) checkEnd(o Origin, field, name, kind string) {
	switch {
	case name != "":
		r.checkName(o, field, name)
	case !r.reported(field):
		r.reportAt(o, field, "missing", "name a "+kind)
	}
}

func (r *reader) checkStream(o Origin, field string, s StreamSelection) {
	if s.Name == "" && !r.reported(field+".name") {
		r.reportAt(o, field+".name", "missing", "name a stream of the source (knelt discover lists them)")
	}
	checkWord(r, o, field+".syncMode", s.SyncMode, "sync mode", airbyte.FullRefresh, airbyte.Incremental)
	checkWord(r, o, field+".destinationSyncMode", s.DestinationSyncMode, "destination sync mode",
		airbyte.Append, airbyte.Overwrite, airbyte.AppendDedup, airbyte.OverwriteDedup, airbyte.Update, airbyte.SoftDelete)
	r.checkPath(o, field+".cursorField", s.CursorField)
	for i, path := range s.PrimaryKey {
		if len(path) == 0 && !r.reported(itemField(field+".primaryKey", i)) {
			r.reportAt(o, itemField(field+".primaryKey", i), "is an empty path", "a primary key is a list of paths: [[id]]")
		}
		r.checkPath(o, itemField(field+".primaryKey", i), path)
	}
	r.checkPath(o, field+".selectedFields", s.SelectedFields)
}

func (r *reader) checkPath(o Origin, field string, names []string) {
	for i, name := range names {
		if name == "" && !r.reported(itemField(field, i)) {
			r.reportAt(o, itemField(field, i), "is an empty name", "name a field of the stream")
		}
	}
}

// checkWord checks a value against the words the field may have.
func checkWord[T ~string](r *reader, o Origin, field string, word T, what string, known ...T) {
	if word == "" || slices.Contains(known, word) {
		return
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	r.reportAt(o, field, fmt.Sprintf("%s is no %s", excerpt(string(word)), what), didYouMean(string(word), names))
}

func (r *reader) checkNamespaceFormat(o Origin, format string) {
	rest := strings.ReplaceAll(format, sourceNamespace, "")
	if strings.Contains(rest, "${") {
		r.reportAt(o, "spec.namespaceFormat", "holds something other than "+sourceNamespace+" in ${}", "only "+sourceNamespace+" is replaced there")
	}
}

func (r *reader) checkNumbers(c *Connection) {
	if c.Spec.Retries.Max < 0 {
		r.reportAt(c.Origin, "spec.retries.max", "is negative", "write 0 for no retries")
	}
	if c.Spec.Retries.Backoff < 0 {
		r.reportAt(c.Origin, "spec.retries.backoff", "is negative", `write how long to wait: "10s"`)
	}
	if c.Spec.MaxLine < 0 {
		r.reportAt(c.Origin, "spec.maxLine", "is negative", "write a number of bytes")
	}
}
