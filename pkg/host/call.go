package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Call is a request that is no event.
type Call struct {
	Method string
	// Path without the prefix of Under.
	Path   string
	Params map[string]string
	Query  url.Values
	Header http.Header
	Body   []byte
}

// JSON reads the body into v, strictly: the media type has to be JSON, unknown
// fields and anything after the value are refused. Its errors need no wrapping.
func (c *Call) JSON(v any) error {
	if t := c.Header.Get("Content-Type"); !isJSON(t) {
		return &Error{Cause: MediaType, Detail: fmt.Sprintf("the media type is %q, must be application/json", t)}
	}
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &Error{Cause: Undecodable, Detail: "the body has something after its JSON value"}
	}
	return nil
}

// malformed says where a body does not fit, without its values.
func malformed(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return &Error{Cause: Undecodable, Detail: "the body is empty"}
	case errors.As(err, &wrongType):
		return &Error{Cause: Undecodable, Detail: "the body does not fit", Fields: []Field{{
			Pointer: "/" + strings.ReplaceAll(wrongType.Field, ".", "/"), Detail: "must not be a " + strings.Fields(wrongType.Value + " ")[0],
		}}}
	}
	return &Error{Cause: Undecodable, Detail: "the body is not the JSON that is wanted: " + err.Error()}
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// Response is the answer to a Call.
type Response struct {
	// Status; 0: 200.
	Status int
	Header http.Header
	Body   []byte
	// Stream, instead of Body, writes the body piece by piece.
	Stream Stream
}

// JSON answers with a value.
func JSON(status int, v any) (*Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return &Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: append(body, '\n')}, nil
}
