package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// appendValue appends a value of the database as JSON.
func appendValue(dst []byte, v any, boolean bool) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case int64:
		if boolean && (v == 0 || v == 1) {
			return strconv.AppendBool(dst, v == 1), nil
		}
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return append(dst, "null"...), nil // JSON has no word for it
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64), nil
	case []byte:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v)
		return append(dst, '"'), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case time.Time:
		return v.AppendFormat(dst, `"`+time.RFC3339Nano+`"`), nil
	}
	text, err := json.Marshal(v)
	return append(dst, text...), err
}
