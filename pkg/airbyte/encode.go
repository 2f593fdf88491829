package airbyte

import (
	"errors"
	"io"
	"reflect"
)

// Encode writes m as one line with its end of line, in one Write.
func Encode(w io.Writer, m *Message) error {
	line, err := AppendLine(nil, m)
	if err != nil {
		return err
	}
	_, err = w.Write(line)
	return err
}

// AppendLine appends m as one line with its end of line. On an error dst is
// returned as it was; the error is a *FieldError.
//
// Nothing is escaped that JSON does not ask for ('<' stays '<'), raw parts are
// written as the bytes they are (without their line breaks), counts have a
// decimal point, and unknown properties follow the known ones, sorted.
func AppendLine(dst []byte, m *Message) ([]byte, error) {
	line, err := AppendJSON(dst, m)
	if err != nil {
		return dst, err
	}
	return append(line, '\n'), nil
}

// AppendJSON appends v, one of this package's structs or a pointer to one, as one
// line of JSON without end of line. The rules are AppendLine's.
func AppendJSON(dst []byte, v any) ([]byte, error) {
	value := reflect.Indirect(reflect.ValueOf(v))
	if value.Kind() != reflect.Struct {
		return dst, errors.New("airbyte.AppendJSON: want a struct or a pointer to one that is not nil")
	}
	out, err := appendStruct(dst, value)
	if err != nil {
		return dst, asFieldError(err)
	}
	return out, nil
}

// Marshal gives v as AppendJSON writes it. Unlike json.Marshal it leaves the bytes
// of raw parts as they are.
func Marshal(v any) ([]byte, error) { return AppendJSON(nil, v) }

// checkMessage tells whether exactly the body that belongs to a Message's type
// is set.
func checkMessage(value reflect.Value) error {
	t := Type(value.FieldByName("Type").Uint())
	if t.BodyKey() == "" {
		return under("type", errMissing)
	}
	for _, f := range infoOf(messageStruct).fields[1:] {
		set, mine := !value.Field(f.index).IsNil(), f.name == t.BodyKey()
		if mine && !set {
			return under(f.name, errMissing)
		}
		if set && !mine {
			return under(f.name, errors.New("does not belong to a message of type "+t.String()))
		}
	}
	return nil
}
