package airbyte

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

var (
	messageStruct  = reflect.TypeFor[Message]()
	stateStruct    = reflect.TypeFor[StateMessage]()
	extraType      = reflect.TypeFor[Extra]()
	rawMessageType = reflect.TypeFor[json.RawMessage]()
	typeType       = reflect.TypeFor[Type]()
	countType      = reflect.TypeFor[Count]()
)

// Unmarshal reads data into v, a pointer to one of this package's structs: a
// ConfiguredCatalog, a StateMessage, a ConnectorSpecification. Its rules are
// Decode's. What v held before is gone.
func Unmarshal(data []byte, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("airbyte.Unmarshal: want a pointer to a struct, not %T", v)
	}
	if err := checkObject(data); err != nil {
		return err
	}
	target.Elem().SetZero()
	if m, ok := v.(*Message); ok {
		return decodeEnvelope(data, m)
	}
	return asFieldError(decodeStruct(data[skipBlank(data, 0):], target.Elem()))
}

func asFieldError(err error) error {
	var field *FieldError
	if err == nil || errors.As(err, &field) {
		return err
	}
	return &FieldError{Reason: err.Error()}
}

// decodeValue reads value, which is not null, into dst.
func decodeValue(value []byte, dst reflect.Value, f *fieldInfo) error {
	if dst.Type() == rawMessageType {
		dst.SetBytes(slices.Clone(value))
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return decodeValue(value, dst.Elem(), f)
	case reflect.Struct:
		return decodeStruct(value, dst)
	case reflect.Slice:
		return decodeSlice(value, dst, f)
	case reflect.Map:
		return decodeCounts(value, dst)
	}
	return decodeScalar(value, dst, f)
}

func decodeScalar(value []byte, dst reflect.Value, f *fieldInfo) error {
	switch dst.Kind() {
	case reflect.String:
		if value[0] != '"' {
			return errors.New("must be a string")
		}
		dst.SetString(unquote(value))
		return nil
	case reflect.Bool:
		dst.SetBool(value[0] == 't')
		if value[0] != 't' && value[0] != 'f' {
			return errors.New("must be true or false")
		}
		return nil
	case reflect.Int64:
		return decodeInt(value, dst, f)
	case reflect.Float64:
		return decodeFloat(value, dst)
	}
	panic("airbyte: no decoder for " + dst.Type().String())
}

func isNumber(value []byte) bool { return value[0] == '-' || value[0] >= '0' && value[0] <= '9' }

func decodeInt(value []byte, dst reflect.Value, f *fieldInfo) error {
	if !isNumber(value) {
		return errNotWhole
	}
	n, whole, err := wholeNumber(value)
	if err == nil && !whole && !f.truncate {
		err = errNotWhole
	}
	dst.SetInt(n)
	return err
}

func decodeFloat(value []byte, dst reflect.Value) error {
	if !isNumber(value) {
		return errors.New("must be a number")
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return errTooBig
	}
	dst.SetFloat(n)
	return nil
}

func decodeSlice(value []byte, dst reflect.Value, f *fieldInfo) error {
	if value[0] != '[' {
		return errors.New("must be an array")
	}
	list := reflect.MakeSlice(dst.Type(), 0, 0)
	err := eachElement(value, func(i int, element json.RawMessage) error {
		item := reflect.New(dst.Type().Elem()).Elem()
		if err := decodeValue(element, item, f); err != nil {
			return underIndex(i, err)
		}
		list = reflect.Append(list, item)
		return nil
	})
	dst.Set(list)
	return err
}

// decodeCounts reads additionalStats, the only map of the protocol.
func decodeCounts(value []byte, dst reflect.Value) error {
	if value[0] != '{' {
		return errNotObject
	}
	counts := map[string]Count{}
	err := eachMember(value, func(m rawMember) error {
		if isNull(m.value) {
			return nil
		}
		n := reflect.New(countType).Elem()
		err := under(string(m.name), decodeFloat(m.value, n))
		counts[string(m.name)] = Count(n.Float())
		return err
	})
	dst.Set(reflect.ValueOf(counts))
	return err
}

// unmarshalPart is Unmarshal for encoding/json, in which null changes nothing.
func unmarshalPart(data []byte, v any) error {
	if isNull(data) {
		return nil
	}
	return Unmarshal(data, v)
}
