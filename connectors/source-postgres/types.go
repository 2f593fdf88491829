package main

import "strconv"

// kind is what becomes of the values of a type.
type kind struct {
	// oid is the type's, of a domain that of what it is made of.
	oid uint32
	// schema is the JSON Schema of a column.
	schema map[string]any
	// append writes a value, from PostgreSQL's text, as JSON. exact is false
	// where JSON cannot hold the value; null stands for it then.
	append func(dst, text []byte) (out []byte, exact bool)
	// endless tells a type with values that JSON has no words for: NaN and the
	// infinities.
	endless bool
}

// types are the database's, by oid.
type types map[string]typeRow

type typeRow struct {
	name              string
	isDomain, isArray bool
	element, base     string
	delimiter         byte
}

func nullable(kind string, more ...string) map[string]any {
	schema := map[string]any{"type": []string{"null", kind}}
	for i := 0; i < len(more); i += 2 {
		schema[more[i]] = more[i+1]
	}
	return schema
}

// builtin are the kinds that differ from a text, by the oids that PostgreSQL
// never changes (its pg_type.dat).
var builtin = map[string]kind{
	"16":   {schema: nullable("boolean"), append: appendBool},
	"17":   {schema: nullable("string", "contentEncoding", "base64"), append: appendBytea},
	"20":   {schema: nullable("integer"), append: appendRaw},
	"21":   {schema: nullable("integer"), append: appendRaw},
	"23":   {schema: nullable("integer"), append: appendRaw},
	"26":   {schema: nullable("integer"), append: appendRaw},
	"114":  {schema: map[string]any{}, append: appendJSON},
	"3802": {schema: map[string]any{}, append: appendJSON},
	"700":  {schema: nullable("number"), append: appendNumber, endless: true},
	"701":  {schema: nullable("number"), append: appendNumber, endless: true},
	"1700": {schema: nullable("number"), append: appendNumber, endless: true},
	"1082": {schema: nullable("string", "format", "date"), append: appendDate, endless: true},
	"1083": {schema: nullable("string", "format", "time", "airbyte_type", "time_without_timezone"), append: appendText},
	"1266": {schema: nullable("string", "format", "time", "airbyte_type", "time_with_timezone"), append: appendTimeTZ},
	"1114": {schema: nullable("string", "format", "date-time", "airbyte_type", "timestamp_without_timezone"), append: appendTimestamp, endless: true},
	"1184": {schema: nullable("string", "format", "date-time", "airbyte_type", "timestamp_with_timezone"), append: appendTimestamp, endless: true},
	"2950": {schema: nullable("string", "format", "uuid"), append: appendRawText},
}

// kindOf tells what to do with a type. Domains are what they are made of, enums
// and all that is not known are texts.
func (ts types) kindOf(oid string) kind {
	t := ts[oid]
	for t.isDomain {
		oid = t.base
		t = ts[oid]
	}
	number, err := strconv.ParseUint(oid, 10, 32)
	k, known := builtin[oid]
	switch {
	case err != nil || known:
	case t.isArray && t.element != "0" && t.name != "int2vector" && t.name != "oidvector":
		k = ts.arrayOf(t)
	default:
		k = kind{schema: nullable("string"), append: appendText}
	}
	k.oid = uint32(number)
	return k
}

func (ts types) arrayOf(t typeRow) kind {
	element := ts.kindOf(t.element)
	schema := map[string]any{"type": []string{"null", "array"}, "items": element.schema}
	return kind{schema: schema, append: func(dst, text []byte) ([]byte, bool) {
		return appendArray(dst, text, t.delimiter, element.append)
	}}
}
