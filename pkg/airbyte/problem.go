package airbyte

// The reasons for a BrokenLine.
const (
	// ProblemNone: the line is not broken.
	ProblemNone Problem = iota
	// ProblemTruncated: the line ends before the message does, as the last line
	// of a connector that died does.
	ProblemTruncated
	// ProblemSyntax: a byte that JSON does not allow in this place.
	ProblemSyntax
	// ProblemNumber: a number in no form of JSON's, such as 01, 1. or +1.
	ProblemNumber
	// ProblemNotFinite: NaN, Infinity or -Infinity.
	ProblemNotFinite
	// ProblemControl: a control character below U+0020, unescaped in a string.
	ProblemControl
	// ProblemEscape: a backslash that starts none of JSON's escapes.
	ProblemEscape
	// ProblemUTF8: bytes in a string that are not UTF-8.
	ProblemUTF8
	// ProblemDepth: objects and arrays nested deeper than MaxDepth.
	ProblemDepth
	// ProblemTrailing: something follows the message on its line.
	ProblemTrailing
	// ProblemByteOrderMark: the line starts with a byte order mark.
	ProblemByteOrderMark
	// ProblemDuplicateKey: a key of the envelope twice.
	ProblemDuplicateKey
	// ProblemNoBody: no value under the key that belongs to the type.
	ProblemNoBody
	// ProblemBodyNotObject: that value is not an object.
	ProblemBodyNotObject
	// ProblemNoStream: a record without "stream", or one that is not a string.
	ProblemNoStream
	// ProblemNamespace: a record's "namespace" is neither a string nor null.
	ProblemNamespace
	// ProblemNoData: a record without "data", or with null there.
	ProblemNoData
	// ProblemDataNotObject: a record's "data" is not an object.
	ProblemDataNotObject
)

var problemTexts = [...]string{
	ProblemNone:          "no problem",
	ProblemTruncated:     "the line ends in the middle of the message",
	ProblemSyntax:        "the line is not valid JSON",
	ProblemNumber:        "a number is not written as JSON wants it",
	ProblemNotFinite:     "NaN or Infinity is no JSON value",
	ProblemControl:       "a string holds an unescaped control character",
	ProblemEscape:        "a string holds a backslash escape that JSON does not know",
	ProblemUTF8:          "a string is not valid UTF-8",
	ProblemDepth:         "objects or arrays are nested too deeply",
	ProblemTrailing:      "something follows the message on the same line",
	ProblemByteOrderMark: "the line starts with a byte order mark",
	ProblemDuplicateKey:  "a key of the message occurs twice",
	ProblemNoBody:        "the object that belongs to the message's type is missing",
	ProblemBodyNotObject: "the value that belongs to the message's type is not an object",
	ProblemNoStream:      "the record has no stream, or one that is not a string",
	ProblemNamespace:     "the record's namespace is not a string",
	ProblemNoData:        "the record has no data",
	ProblemDataNotObject: "the record's data is not an object",
}

// String gives a phrase for users. It holds nothing of the line.
func (p Problem) String() string {
	if int(p) < len(problemTexts) {
		return problemTexts[p]
	}
	return "an unknown problem"
}
