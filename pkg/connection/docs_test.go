package connection

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// fieldNames lists the paths of all fields of a type, as the documentation has them.
func fieldNames(t reflect.Type, path string) []string {
	if t == rawType || t == durationType {
		return []string{path}
	}
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		return append(fieldNames(t.Elem(), path), path)
	}
	switch t.Kind() {
	case reflect.Struct:
		var all []string
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" {
				all = append(all, fieldNames(t.Field(i).Type, childField(path, name))...)
			}
		}
		return all
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return append(fieldNames(t.Elem(), path+"[]"), path)
		}
	}
	return []string{path}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(text), "\n## ") {
		title, body, _ := strings.Cut(section, "\n")
		sections[title] = body
	}
	for _, kind := range []struct {
		name string
		t    reflect.Type
	}{
		{KindSource, reflect.TypeFor[Source]()},
		{KindDestination, reflect.TypeFor[Destination]()},
		{KindConnection, reflect.TypeFor[Connection]()},
	} {
		fields := fieldNames(kind.t, "")
		if len(fields) < 8 {
			t.Errorf("%s has the fields %q only", kind.name, fields)
		}
		for _, field := range fields {
			section := sections[kind.name]
			if !strings.HasPrefix(field, "spec.") {
				section = sections["Fields of every kind"]
			}
			if !strings.Contains(section, "\n| `"+field+"` | ") {
				t.Errorf("%s: %s is in no table of docs/configuration.md", kind.name, field)
			}
		}
	}
}

// TestEveryFieldOfAPodIsDocumented in a section of its own.
func TestEveryFieldOfAPodIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Pods\n")
	section, _, _ = strings.Cut(section, "\n## ")
	fields := reflect.VisibleFields(reflect.TypeFor[connector.Pod]())
	for _, f := range fields {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("%s is not in the section Pods of docs/configuration.md", name)
		}
	}
	if len(fields) < 10 {
		t.Errorf("a pod has %d fields only", len(fields))
	}
}

func TestDocumentedExampleLoads(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if set := loadText(t, example); len(set.Sources)+len(set.Destinations)+len(set.Connections) != 3 {
		t.Errorf("got %+v", set)
	}
}

func TestDocumentedDefaultsAreTheRealOnes(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	short := func(d Duration) string {
		return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(time.Duration(d).String())
	}
	for field, value := range map[string]string{
		"spec.retries.backoff":          "10s",
		"spec.timeouts.sourceIdle":      short(DefaultSourceIdle),
		"spec.timeouts.destinationIdle": short(DefaultDestinationIdle),
		"spec.timeouts.sourceExit":      short(DefaultSourceExit),
		"spec.timeouts.grace":           DefaultGrace.String(),
		"spec.timeouts.command":         short(DefaultCommand),
	} {
		if !strings.Contains(string(text), fmt.Sprintf("| `%s` | duration | `%s` |", field, value)) {
			t.Errorf("%s: the default %s is not in docs/configuration.md", field, value)
		}
	}
	if !strings.Contains(string(text), fmt.Sprintf("| `spec.maxLine` | number | `%d` |", DefaultMaxLine)) {
		t.Error("spec.maxLine")
	}
}

func TestConfigErrorsOfADocumentHaveFileAndLine(t *testing.T) {
	set := loadText(t, `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {image: x}
  config:
    port: 1
    list:
      - a: hunter2
      - a: 4711
    when: x
`)
	shop := set.Sources["shop"]
	spec := specOf(`{"required": ["host"], "properties": {"port": {"type": "integer", "minimum": 5}, "when": {"format": "date"},
		"list": {"items": {"properties": {"a": {"type": "integer"}}}}}}`)
	warnings, err := shop.CheckConfig(spec, shop.Spec.Config)
	want := `<stdin>:6: spec.config.host: missing, but required
<stdin>:7: spec.config.port: must be at least 5
<stdin>:9: spec.config.list[0].a: must be integer, is string; write it without quotes (a reference ${...} always gives a string)`
	if err == nil || err.Error() != want || len(warnings) != 0 {
		t.Errorf("got %v and\n%v", warnings, err)
	}
	warnings, err = shop.CheckConfig(specOf(`{"properties": {"when": {"format": "date"}}}`), shop.Spec.Config)
	if err != nil || len(warnings) != 1 || warnings[0].String() != "<stdin>:11: spec.config.when: is no valid date" {
		t.Errorf("got %v, %v", warnings, err)
	}
	if _, err := (&Destination{}).CheckConfig(&airbyte.ConnectorSpecification{}, []byte(`{"a": hunter2`)); err == nil || err.Error() != "spec.config: the config is not valid JSON" {
		t.Errorf("got %v", err)
	}
}

func TestTheExampleForKubernetesLoads(t *testing.T) {
	set, err := Load("../../examples/knative/connection.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range set.Connections {
		_, source := set.SourceOf(c)
		_, destination := set.DestinationOf(c)
		if err := errors.Join(source, destination); err != nil {
			t.Error(err)
		}
	}
	if len(set.Connections) != 1 {
		t.Errorf("%d connections", len(set.Connections))
	}
}
