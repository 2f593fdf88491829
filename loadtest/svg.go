package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// The plot's measures, in pixels.
const (
	barHeight, barGap        = 18, 8
	labelWidth, barsWidth    = 200, 360
	plotWidth, headingHeight = labelWidth + barsWidth + 80, 30
)

// plotStyle follows the reader's light or dark.
const plotStyle = `<style>text{font:12px sans-serif;fill:#333}rect{fill:#2a78d6}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#6aa9ef}}</style>`

// plot draws a bar for each row that has a figure in the column Bars. Rows that
// are part of the one above (indented) are left out.
func (t *table) plot() []byte {
	column := slices.Index(t.Columns, t.Bars)
	var rows []row
	most := 0.0
	for _, r := range t.Rows {
		if v := float64(r.Values[column]); !math.IsNaN(v) && !strings.HasPrefix(r.Name, " ") {
			rows, most = append(rows, r), max(most, v)
		}
	}
	var b bytes.Buffer
	height := headingHeight + len(rows)*(barHeight+barGap)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img">%s`+"\n", plotWidth, height, plotStyle)
	fmt.Fprintf(&b, `<text x="0" y="16">%s (%s)</text>`+"\n", html.EscapeString(t.About), html.EscapeString(t.Bars))
	for i, r := range rows {
		y, v := headingHeight+i*(barHeight+barGap), float64(r.Values[column])
		width := v / most * barsWidth
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, y+13, html.EscapeString(r.Name))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d"/>`, labelWidth, y, width, barHeight)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">%s</text>`+"\n", labelWidth+width+6, y+13, figure(v))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
