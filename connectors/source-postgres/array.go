package main

import "bytes"

// appendArray writes an array from its text, such as {1,NULL,"a \"b\""} or
// [0:1]={{1,2},{3,4}}, each value by the function of its type. exact is false if
// one value was not.
func appendArray(dst, text []byte, delimiter byte, value func(dst, text []byte) ([]byte, bool)) ([]byte, bool) {
	if text[0] == '[' { // bounds that do not start at 1
		text = text[bytes.IndexByte(text, '=')+1:]
	}
	a := arrayText{text: text, delimiter: delimiter, value: value, exact: true}
	return a.append(dst), a.exact
}

type arrayText struct {
	text      []byte
	at        int
	delimiter byte
	value     func(dst, text []byte) ([]byte, bool)
	exact     bool
	unescaped []byte
}

// append writes the array that starts at the place.
func (a *arrayText) append(dst []byte) []byte {
	dst = append(dst, '[')
	a.at++
	for first := true; a.at < len(a.text) && a.text[a.at] != '}'; first = false {
		if !first {
			a.at++ // the delimiter
			dst = append(dst, ',')
		}
		if a.text[a.at] == '{' {
			dst = a.append(dst)
			continue
		}
		element, null := a.next()
		if null {
			dst = appendNull(dst)
			continue
		}
		var exact bool
		dst, exact = a.value(dst, element)
		a.exact = a.exact && exact
	}
	a.at++
	return append(dst, ']')
}

// next takes one element.
func (a *arrayText) next() (element []byte, null bool) {
	if a.text[a.at] == '"' {
		return a.quoted(), false
	}
	start := a.at
	for a.at < len(a.text) && a.text[a.at] != a.delimiter && a.text[a.at] != '}' {
		a.at++
	}
	element = a.text[start:a.at]
	return element, string(element) == "NULL"
}

func (a *arrayText) quoted() []byte {
	a.unescaped = a.unescaped[:0]
	for a.at++; a.text[a.at] != '"'; a.at++ {
		if a.text[a.at] == '\\' {
			a.at++
		}
		a.unescaped = append(a.unescaped, a.text[a.at])
	}
	a.at++
	return a.unescaped
}
