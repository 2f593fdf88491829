package airbyte

import (
	"encoding/json"
	"errors"
	"reflect"
)

// decodeStruct reads the object value into the zero struct dst.
func decodeStruct(value []byte, dst reflect.Value) error {
	if value[0] != '{' {
		return errNotObject
	}
	d := structDecoder{info: infoOf(dst.Type()), dst: dst}
	if err := eachMember(value, d.member); err != nil {
		return err
	}
	return d.complete()
}

// structDecoder fills one struct. given is the set of fields seen so far, by
// their index: no struct of the protocol has 64.
type structDecoder struct {
	info  *structInfo
	dst   reflect.Value
	given uint64
}

func (d *structDecoder) member(m rawMember) error {
	at, known := d.info.byKey[string(m.name)]
	if !known {
		if d.info.extra >= 0 {
			d.dst.Field(d.info.extra).Addr().Interface().(*Extra).keep(m)
		}
		return nil
	}
	f := &d.info.fields[at]
	if d.given&(1<<at) != 0 {
		return under(f.name, errTwice)
	}
	if isNull(m.value) && f.fallback != "null" {
		return nil
	}
	d.given |= 1 << at
	return under(f.name, decodeValue(m.value, d.dst.Field(f.index), f))
}

// complete deals with what was absent: required properties and defaults.
func (d *structDecoder) complete() error {
	for at := range d.info.fields {
		f := &d.info.fields[at]
		if d.given&(1<<at) != 0 {
			continue
		}
		if f.required {
			return under(f.name, errMissing)
		}
		if f.fallback != "" {
			setFallback(d.dst.Field(f.index), f.fallback)
		}
	}
	if d.dst.Type() == stateStruct {
		return d.dst.Addr().Interface().(*StateMessage).settleKind()
	}
	return nil
}

func setFallback(dst reflect.Value, fallback string) {
	if dst.Type() == rawMessageType {
		dst.SetBytes(json.RawMessage(fallback))
		return
	}
	dst.SetString(fallback)
}

// settleKind makes a state without type a legacy one, as the protocol says.
func (v *StateMessage) settleKind() error {
	switch v.Kind {
	case "":
		v.Kind, v.Untyped = LegacyState, true
	case StreamState, GlobalState, LegacyState:
	default:
		return under("type", errors.New("must be STREAM, GLOBAL or LEGACY"))
	}
	return nil
}
