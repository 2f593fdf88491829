package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is written in columns as wide as their widest cell. Unlike text/tabwriter
// it sets names to the left and numbers to the right. The last column is not
// padded, so that it may be of any length and hold colours.
type Table struct {
	heads []string
	right []bool
	rows  [][]string
}

// NewTable makes a table. A head that begins with ">" is of a column of numbers.
func NewTable(heads ...string) *Table {
	t := &Table{}
	for _, head := range heads {
		name, right := strings.CutPrefix(head, ">")
		t.heads = append(t.heads, name)
		t.right = append(t.right, right)
	}
	return t
}

// Row adds a row; it has as many cells as there are heads.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Write prints the table.
func (t *Table) Write(w io.Writer) {
	for _, row := range append([][]string{t.heads}, t.rows...) {
		fmt.Fprintln(w, strings.TrimRight(t.line(row), " "))
	}
}

func (t *Table) line(row []string) string {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		blank := strings.Repeat(" ", max(0, t.width(i)-utf8.RuneCountInString(cell)))
		switch last := i == len(row)-1; {
		case t.right[i] && !last:
			b.WriteString(blank + cell)
		case last:
			b.WriteString(cell)
		default:
			b.WriteString(cell + blank)
		}
	}
	return b.String()
}

func (t *Table) width(column int) int {
	widest := utf8.RuneCountInString(t.heads[column])
	for _, row := range t.rows {
		widest = max(widest, utf8.RuneCountInString(row[column]))
	}
	return widest
}
