package airbyte

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

func appendStruct(dst []byte, v reflect.Value) ([]byte, error) {
	if v.Type() == messageStruct {
		if err := checkMessage(v); err != nil {
			return dst, err
		}
	}
	o := objectWriter{out: append(dst, '{')}
	info := infoOf(v.Type())
	for i := range info.fields {
		if err := o.field(v, &info.fields[i]); err != nil {
			return dst, under(info.fields[i].name, err)
		}
	}
	if info.extra >= 0 {
		if err := v.Field(info.extra).Interface().(Extra).append(&o); err != nil {
			return dst, err
		}
	}
	return append(o.out, '}'), nil
}

func appendValue(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Type() {
	case rawMessageType:
		return appendRaw(dst, v.Bytes())
	case countType:
		return appendCount(dst, Count(v.Float()))
	case typeType:
		return appendText(dst, v.Interface().(Type).String()), nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		return appendValue(dst, v.Elem())
	case reflect.Struct:
		return appendStruct(dst, v)
	case reflect.Slice:
		return appendSlice(dst, v)
	case reflect.Map:
		return appendCounts(dst, v.Interface().(map[string]Count))
	}
	return appendScalar(dst, v)
}

func appendScalar(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.String:
		return appendText(dst, v.String()), nil
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Float64:
		return appendFloat(dst, v.Float())
	}
	panic("airbyte: no encoder for " + v.Type().String())
}

func appendSlice(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, v.Index(i)); err != nil {
			return dst, underIndex(i, err)
		}
	}
	return append(dst, ']'), nil
}

func appendCounts(dst []byte, counts map[string]Count) ([]byte, error) {
	o := objectWriter{out: append(dst, '{')}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		o.key(string(appendText(nil, name)) + ":")
		var err error
		if o.out, err = appendCount(o.out, counts[name]); err != nil {
			return dst, under(name, err)
		}
	}
	return append(o.out, '}'), nil
}

// appendRaw writes JSON that the caller made. It is checked, since a broken
// part would make the whole line worthless to its reader.
func appendRaw(dst []byte, raw json.RawMessage) ([]byte, error) {
	if err := checkJSON(raw); err != nil {
		return dst, err
	}
	return appendOneLine(dst, raw), nil
}

// objectWriter writes the members of one object.
type objectWriter struct {
	out     []byte
	members int
	names   map[string]bool
}

func (o *objectWriter) key(quotedWithColon string) {
	if o.members > 0 {
		o.out = append(o.out, ',')
	}
	o.members++
	o.out = append(o.out, quotedWithColon...)
}

func (o *objectWriter) field(v reflect.Value, f *fieldInfo) (err error) {
	value := v.Field(f.index)
	if f.name == "type" && v.Type() == stateStruct && v.FieldByName("Untyped").Bool() {
		return nil
	}
	empty := isEmpty(value)
	if empty && f.omitEmpty {
		return nil
	}
	o.name(f.name)
	o.key(f.key)
	if empty {
		o.out, err = appendEmpty(o.out, value, f)
		return err
	}
	o.out, err = appendValue(o.out, value)
	return err
}

func (o *objectWriter) name(name string) {
	if o.names == nil {
		o.names = make(map[string]bool, 8)
	}
	o.names[name] = true
}

// raw writes an unknown property.
func (o *objectWriter) raw(name string, value json.RawMessage) (err error) {
	if o.names[name] {
		return errors.New("is in Extra and a property of its own")
	}
	o.key(string(appendText(nil, name)) + ":")
	o.out, err = appendRaw(o.out, value)
	return err
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// appendEmpty writes an empty property that is never left out.
func appendEmpty(dst []byte, v reflect.Value, f *fieldInfo) ([]byte, error) {
	switch {
	case v.Type() == rawMessageType && f.fallback == "":
		return dst, errMissing
	case v.Type() == rawMessageType:
		return append(dst, f.fallback...), nil
	case v.Kind() == reflect.Slice:
		return append(dst, "[]"...), nil
	case f.fallback != "":
		return appendText(dst, f.fallback), nil
	}
	return appendValue(dst, v)
}
