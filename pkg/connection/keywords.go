package connection

import (
	"encoding/json"
	"slices"
	"strconv"
)

var jsonTypes = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

// malformed tells what is wrong with the value of a keyword; "" if nothing is,
// and for keywords that are not known.
func malformed(keyword string, value any) string {
	rule, known := keywordRules[keyword]
	if !known || rule.fits(value) {
		return ""
	}
	return rule.otherwise
}

// keywordRule says what the value of a keyword must be.
type keywordRule struct {
	fits      func(value any) bool
	otherwise string
}

var keywordRules = map[string]keywordRule{
	"type":             {isTypes, "names no type of JSON"},
	"enum":             {isEnum, "is no list of values"},
	"required":         {isNames, "is no list of different names"},
	"minimum":          {isLimit, "is no number"},
	"maximum":          {isLimit, "is no number"},
	"exclusiveMinimum": {isLimit, "is no number"},
	"exclusiveMaximum": {isLimit, "is no number"},
	"multipleOf":       {isPositive, "is no number above 0"},
	"minLength":        {isCount, "is no count"},
	"maxLength":        {isCount, "is no count"},
	"minItems":         {isCount, "is no count"},
	"maxItems":         {isCount, "is no count"},
	"minProperties":    {isCount, "is no count"},
	"maxProperties":    {isCount, "is no count"},
	"uniqueItems":      {isBoolean, "is neither true nor false"},
	"format":           {isFormat, "is no format that can be checked"},
	"pattern":          {isPattern, "is no regular expression"},
}

func isTypes(value any) bool {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	return len(list) > 0 && distinctStrings(list, func(t string) bool { return slices.Contains(jsonTypes, t) })
}

func isEnum(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) > 0
}

func isNames(value any) bool {
	list, ok := value.([]any)
	return ok && distinctStrings(list, func(string) bool { return true })
}

func isLimit(value any) bool {
	number, ok := value.(json.Number)
	return ok && !absurd(string(number))
}

func isPositive(value any) bool {
	number, ok := value.(json.Number)
	return ok && !absurd(string(number)) && positive(number)
}

func isCount(value any) bool {
	number, _ := value.(json.Number)
	n, err := strconv.Atoi(string(number))
	return err == nil && n >= 0
}

func isBoolean(value any) bool {
	_, ok := value.(bool)
	return ok
}

func isFormat(value any) bool {
	format, ok := value.(string)
	return ok && format != "regex"
}

func isPattern(value any) bool {
	text, ok := value.(string)
	return ok && validPattern(text)
}
