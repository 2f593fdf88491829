package airbyte

import (
	"errors"
	"fmt"
	"reflect"
)

// Decode reads one protocol line: one JSON object, with or without blanks and
// an end of line around it. Property names are matched exactly, "TYPE" is not
// "type". Unknown properties are kept (Extra), explicit nulls mean absent.
// Nothing of the result points into line.
//
// A CATALOG, SPEC, CONNECTION_STATUS or DESTINATION_CATALOG whose body is once
// more an envelope of that type is unwrapped: some kits nest it.
//
// An error is a *FieldError. An envelope key given twice, an unknown type, a
// missing body and a property of a wrong JSON type are errors. Whether a STATE
// has the part that belongs to its type is not checked, since destinations
// return damaged ones; see StateMessage.Validate.
func Decode(line []byte) (*Message, error) {
	if err := checkObject(line); err != nil {
		return nil, err
	}
	m := new(Message)
	if err := decodeEnvelope(line, m); err != nil {
		return nil, err
	}
	return m, nil
}

func checkObject(data []byte) error {
	if err := checkJSON(data); err != nil {
		return &FieldError{Reason: err.Error()}
	}
	if data[skipBlank(data, 0)] != '{' {
		return &FieldError{Reason: errNotObject.Error()}
	}
	return nil
}

// envelope is what an envelope's members are before the body is decoded.
type envelope struct {
	typ    Type
	typed  bool
	bodies [len(typeWords)][]byte
	extra  Extra
}

func readEnvelope(line []byte) (envelope, error) {
	var e envelope
	err := eachMember(line, func(m rawMember) error { return under(string(m.name), e.add(m)) })
	if err == nil && e.typ == None {
		err = under("type", errMissing)
	}
	return e, err
}

var (
	errTwice     = errors.New("given twice")
	errNotObject = errors.New("must be a JSON object")
)

func (e *envelope) add(m rawMember) error {
	if string(m.name) == "type" {
		return e.setType(m.value)
	}
	t := typeOfBody(m.name)
	if t == None {
		e.extra.keep(m)
		return nil
	}
	if e.bodies[t] != nil {
		return errTwice
	}
	e.bodies[t] = m.value
	return nil
}

func (e *envelope) setType(value []byte) error {
	if e.typed {
		return errTwice
	}
	e.typed = true
	if value[0] != '"' {
		return errors.New("must be a string")
	}
	return e.typ.UnmarshalText([]byte(unquote(value)))
}

func typeOfBody(key []byte) Type {
	for t := Record; int(t) < len(typeWords); t++ {
		if typeWords[t].body == string(key) {
			return t
		}
	}
	return None
}

func decodeEnvelope(line []byte, m *Message) error {
	e, err := readEnvelope(line)
	if err != nil {
		return err
	}
	key := e.typ.BodyKey()
	body := e.bodies[e.typ]
	if body == nil || isNull(body) {
		return under(key, fmt.Errorf("missing, though the type is %s", e.typ))
	}
	m.Type, m.Extra = e.typ, e.otherBodies()
	if nested(e.typ, body) {
		return under(key, decodeNested(body, m))
	}
	at := infoOf(messageStruct).byKey[key] // the body's field of Message
	field := reflect.ValueOf(m).Elem().Field(infoOf(messageStruct).fields[at].index)
	return under(key, decodeValue(body, field, &fieldInfo{}))
}

// otherBodies keeps what stands under the keys of other types, beside the
// unknown properties.
func (e *envelope) otherBodies() Extra {
	for t, body := range e.bodies {
		if body != nil && Type(t) != e.typ && !isNull(body) {
			e.extra.keep(rawMember{name: []byte(Type(t).BodyKey()), value: body})
		}
	}
	return e.extra
}

// nested tells whether body is an envelope of the same type. RECORD and STATE
// are never looked into: their bodies have a type or data of their own.
func nested(t Type, body []byte) bool {
	if body[0] != '{' || (t != Catalog && t != Spec && t != ConnectionStatus && t != DestinationCatalog) {
		return false
	}
	typed, inner := false, false
	visitMembers(body, func(m rawMember) {
		typed = typed || string(m.name) == "type" && m.value[0] == '"' && unquote(m.value) == t.String()
		inner = inner || string(m.name) == t.BodyKey() && m.value[0] == '{'
	})
	return typed && inner
}

func decodeNested(body []byte, m *Message) error {
	outer := m.Extra
	if err := decodeEnvelope(body, m); err != nil {
		return err
	}
	for name, value := range outer {
		if m.Extra == nil {
			m.Extra = Extra{}
		}
		m.Extra[name] = value
	}
	return nil
}
