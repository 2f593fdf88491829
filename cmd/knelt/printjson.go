package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// printIndented prints JSON over several lines. Its values are left as they are,
// numbers of any size too.
func (c *cli) printIndented(text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, b.String())
	return nil
}
