package events

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// validationProblems says in words what the schema says, without values.
func validationProblems(err error) []Problem {
	var invalid *jsonschema.ValidationError
	if err == nil {
		return nil
	}
	if !errors.As(err, &invalid) {
		return []Problem{{"/data", err.Error()}}
	}
	var wrong []Problem
	leaves(invalid, func(leaf *jsonschema.ValidationError) {
		at := pointer(leaf.InstanceLocation)
		for _, text := range explain(leaf.ErrorKind) {
			wrong = append(wrong, Problem{at, text})
		}
	})
	slices.SortFunc(wrong, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(wrong)
}

func leaves(e *jsonschema.ValidationError, visit func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		visit(e)
	}
	for _, cause := range e.Causes {
		leaves(cause, visit)
	}
}

func pointer(location []string) string {
	at := "/data"
	for _, name := range location {
		at += "/" + pointerToken(name)
	}
	return at
}

func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func explain(k jsonschema.ErrorKind) []string {
	switch k := k.(type) {
	case *kind.Required:
		return each("%s is missing", k.Missing)
	case *kind.AdditionalProperties:
		return each("unknown field %s", k.Properties)
	case *kind.Type:
		return []string{fmt.Sprintf("must be %s, is %s", strings.Join(k.Want, " or "), k.Got)}
	case *kind.Enum:
		return []string{fmt.Sprintf("must be one of %v", k.Want)}
	case *kind.Const:
		return []string{fmt.Sprintf("must be %v", k.Want)}
	case *kind.Format:
		return []string{"must be a " + k.Want + " (such as 2026-01-02T03:04:05Z)"}
	case *kind.Pattern:
		return []string{"must be a name of a-z, 0-9, - and ., beginning and ending with a letter or digit"}
	case *kind.MaxLength:
		return []string{fmt.Sprintf("has %d characters, at most %d are allowed", k.Got, k.Want)}
	case *kind.Minimum:
		return []string{"must be at least " + k.Want.RatString()}
	case *kind.MinItems:
		return []string{"is empty"}
	case *kind.FalseSchema:
		return []string{"must not be there"}
	}
	return []string{fmt.Sprintf("does not fit the schema's %s", strings.Join(k.KeywordPath(), "/"))}
}

func each(format string, names []string) []string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf(format, name)
	}
	return texts
}
