package connection

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// alternatives explains a oneOf or anyOf of which nothing fits.
func (x explainer) alternatives(e *jsonschema.ValidationError, keyword string) []Problem {
	if types := onlyTypes(e); types != nil {
		return x.one(e, "must be "+strings.Join(types.Want, " or ")+", is "+types.Got, typeHint(types))
	}
	branches, _ := x.schemaAt(e)[keyword].([]any)
	value, isObject := x.valueAt(e.InstanceLocation).(map[string]any)
	if isObject && len(branches) == len(e.Causes) {
		if chosen := x.chosen(branches, value); len(chosen) > 0 {
			var causes []*jsonschema.ValidationError
			for _, i := range chosen {
				causes = append(causes, e.Causes[i])
			}
			return x.shortest(causes)
		}
		if list := x.discriminator(e, branches, value); list != nil {
			return list
		}
	}
	return x.shortest(e.Causes)
}

// onlyTypes joins the wanted types where each branch fails for its type alone.
func onlyTypes(e *jsonschema.ValidationError) *kind.Type {
	var joined *kind.Type
	for _, c := range e.Causes {
		k, ok := c.ErrorKind.(*kind.Type)
		if !ok || len(c.InstanceLocation) != len(e.InstanceLocation) {
			return nil
		}
		if joined == nil {
			joined = &kind.Type{Got: k.Got}
		}
		for _, want := range k.Want {
			if !slices.Contains(joined.Want, want) {
				joined.Want = append(joined.Want, want)
			}
		}
	}
	return joined
}

// shortest explains the branch with the fewest problems.
func (x explainer) shortest(branches []*jsonschema.ValidationError) []Problem {
	var best []Problem
	for i, b := range branches {
		if list := x.list(b); i == 0 || len(list) < len(best) {
			best = list
		}
	}
	return best
}

// chosen lists the branches whose constants the value has: at least one, and
// none that differs.
func (x explainer) chosen(branches []any, value map[string]any) []int {
	var fit []int
	for i, b := range branches {
		same, differs := 0, false
		for name, want := range x.constants(b) {
			if got, has := value[name]; has && jsonText(got) == jsonText(want) {
				same++
			} else if has {
				differs = true
			}
		}
		if same > 0 && !differs {
			fit = append(fit, i)
		}
	}
	return fit
}

// constants lists the properties of a branch that have one value only.
func (x explainer) constants(branch any) map[string]any {
	found := map[string]any{}
	for _, schema := range flatten(x.root, branch) {
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			property, _ := p.(map[string]any)
			if want, ok := property["const"]; ok {
				found[name] = want
			} else if list, ok := property["enum"].([]any); ok && len(list) == 1 {
				found[name] = list[0]
			}
		}
	}
	return found
}

// discriminator explains a value that chooses no branch: the property that
// has a constant in each of them is missing or has another value.
func (x explainer) discriminator(e *jsonschema.ValidationError, branches []any, value map[string]any) []Problem {
	common := x.constants(branches[0])
	for _, b := range branches[1:] {
		constants := x.constants(b)
		maps.DeleteFunc(common, func(name string, _ any) bool { _, has := constants[name]; return !has })
	}
	names := slices.Sorted(maps.Keys(common))
	if len(names) == 0 {
		return nil
	}
	var wants []any
	for _, b := range branches {
		wants = append(wants, x.constants(b)[names[0]])
	}
	message := "must be one of: " + listJSON(wants)
	if _, has := value[names[0]]; !has {
		message = "missing; it chooses between: " + listJSON(wants)
	}
	return []Problem{{Field: x.path(append(slices.Clone(e.InstanceLocation), names[0])), Message: message}}
}

// valueAt gives the part of the config at a location.
func (x explainer) valueAt(location []string) any {
	at := x.config
	for _, token := range location {
		switch v := at.(type) {
		case map[string]any:
			at = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		}
	}
	return at
}
