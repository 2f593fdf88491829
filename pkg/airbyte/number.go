package airbyte

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
)

var (
	errNotWhole = errors.New("must be a whole number")
	errTooBig   = errors.New("number out of range")
)

// wholeNumber reads a JSON number as an integer: 7, 7.0, 70e-1. Digits are
// never sent through a float, so large ids stay exact. whole is false if a
// fraction had to be cut off.
func wholeNumber(number []byte) (value int64, whole bool, err error) {
	if value, err = strconv.ParseInt(string(number), 10, 64); err == nil {
		return value, true, nil
	}
	mantissa, exponent, err := splitExponent(number)
	if err != nil {
		return 0, false, err
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	before, after, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(before+after, "0")
	point := len(digits) - len(after) + exponent
	if digits == "" || point <= 0 {
		return 0, digits == "", nil
	}
	if point > 19 {
		return 0, false, errTooBig
	}
	digits += strings.Repeat("0", max(0, point-len(digits)))
	if value, err = strconv.ParseInt(sign+digits[:point], 10, 64); err != nil {
		return 0, false, errTooBig
	}
	return value, strings.Trim(digits[point:], "0") == "", nil
}

// splitExponent cuts 12.5e3 into 12.5 and 3.
func splitExponent(number []byte) (string, int, error) {
	i := bytes.IndexAny(number, "eE")
	if i < 0 {
		return string(number), 0, nil
	}
	exponent, err := strconv.Atoi(string(number[i+1:]))
	if errors.Is(err, strconv.ErrRange) || exponent > math.MaxInt32 || exponent < math.MinInt32 {
		return "", 0, errTooBig
	}
	return string(number[:i]), exponent, err
}

// appendFloat writes a float as JSON: 1700000000000.5, never 1.7e+12 for what
// fits a timestamp.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errors.New("JSON has no such number")
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64), nil
}

// appendCount writes a count with a decimal point, as the protocol asks.
func appendCount(dst []byte, c Count) ([]byte, error) {
	f := float64(c)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errors.New("JSON has no such number")
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst, nil
}

// MarshalJSON writes the count with a decimal point: 100.0.
func (c Count) MarshalJSON() ([]byte, error) { return appendCount(nil, c) }

// UnmarshalJSON reads 100 and 100.0; null changes nothing.
func (c *Count) UnmarshalJSON(data []byte) error {
	if isNull(data) {
		return nil
	}
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return errors.New("must be a number")
	}
	*c = Count(f)
	return nil
}
