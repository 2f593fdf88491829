package airbyte

import (
	"reflect"
	"strings"
	"sync"
)

// structInfo is what the codec knows of a struct type: its properties in the
// order in which they are written, and where the unknown ones are kept.
type structInfo struct {
	fields []fieldInfo
	// byKey finds a field by its exact, case-sensitive property name.
	byKey map[string]int
	// extra is the index of the Extra field, -1 without one.
	extra int
}

// fieldInfo is one property, as its tags say:
//
//	json:"name,omitempty"       the property's name
//	airbyte:"required"          absent or null is an error
//	airbyte:"truncate"          a fraction of an integer is cut off, not refused
//	airbyte:"default=VALUE"     what an absent or empty property means
type fieldInfo struct {
	name      string
	key       string // the name quoted, with the colon
	index     int
	omitEmpty bool
	required  bool
	truncate  bool
	fallback  string
}

var structInfos sync.Map // reflect.Type to *structInfo

func infoOf(t reflect.Type) *structInfo {
	if known, ok := structInfos.Load(t); ok {
		return known.(*structInfo)
	}
	info := &structInfo{byKey: map[string]int{}, extra: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == extraType {
			info.extra = i
		} else if f.Tag.Get("json") != "-" {
			info.byKey[fieldName(f)] = len(info.fields)
			info.fields = append(info.fields, newFieldInfo(f, i))
		}
	}
	known, _ := structInfos.LoadOrStore(t, info)
	return known.(*structInfo)
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func newFieldInfo(f reflect.StructField, index int) fieldInfo {
	info := fieldInfo{name: fieldName(f), index: index}
	info.key = `"` + info.name + `":`
	info.omitEmpty = strings.HasSuffix(f.Tag.Get("json"), ",omitempty")
	option := f.Tag.Get("airbyte")
	info.required = option == "required"
	info.truncate = option == "truncate"
	info.fallback, _ = strings.CutPrefix(option, "default=")
	if info.fallback == option {
		info.fallback = ""
	}
	return info
}
