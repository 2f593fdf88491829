package main

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"knelt.dev/pkg/airbyte"
)

// appendValue appends a value of the database as JSON. Bytes of a text that are
// no UTF-8 become U+FFFD.
func appendValue(dst []byte, v any, boolean bool) []byte {
	switch v := v.(type) {
	case int64:
		if boolean && (v == 0 || v == 1) {
			return strconv.AppendBool(dst, v == 1)
		}
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if math.IsInf(v, 0) {
			return append(dst, "null"...) // JSON has no word for it
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	case string:
		return airbyte.AppendString(dst, v)
	case []byte:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v)
		return append(dst, '"')
	case bool: // the driver's word for some columns of views
		return strconv.AppendBool(dst, v)
	case time.Time:
		return v.AppendFormat(dst, `"`+time.RFC3339Nano+`"`)
	}
	return append(dst, "null"...)
}
