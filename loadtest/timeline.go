package main

import (
	"bytes"
	"fmt"
	"html"
	"time"
)

// timeline is how numbers went over time.
type timeline struct {
	Lines []string `json:"lines"`
	// Points are seconds, and a number for each line.
	Points [][]figure `json:"points"`
}

// samples is how often a timeline looks.
const samples = time.Second

// follow looks at numbers until done is closed, and once more then. wait waits for
// that.
func (t *timeline) follow(done <-chan struct{}, look func() []float64) (wait func()) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		ticker := time.NewTicker(samples)
		defer ticker.Stop()
		begin := time.Now()
		for {
			t.add(time.Since(begin), look())
			select {
			case <-done:
				t.add(time.Since(begin), look())
				return
			case <-ticker.C:
			}
		}
	}()
	return func() { <-over }
}

func (t *timeline) add(at time.Duration, numbers []float64) {
	point := []figure{figure(at.Seconds())}
	for _, n := range numbers {
		point = append(point, figure(n))
	}
	t.Points = append(t.Points, point)
}

// The measures of its plot, in pixels.
const (
	curvesHeight, curvesWidth = 200, 560
	axisWidth, legendHeight   = 40, 18
)

// curveStyle has a colour for each line, for light and for dark.
const curveStyle = `<style>text{font:12px sans-serif;fill:#333}path{fill:none;stroke-width:2}line{stroke:#9995}` +
	`.c0{stroke:#2a78d6}.c1{stroke:#d6602a}.c2{stroke:#2a9d5c}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>`

// plot draws a stair for each line: between two looks a number stays as it was.
func (t *timeline) plot(about string) []byte {
	last, most := 1.0, 1.0
	for _, p := range t.Points {
		last = max(last, float64(p[0]))
		for _, n := range p[1:] {
			most = max(most, float64(n))
		}
	}
	top := headingHeight + legendHeight
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img">%s`+"\n", axisWidth+curvesWidth+40, top+curvesHeight+30, curveStyle)
	fmt.Fprintf(&b, `<text x="0" y="16">%s (over seconds)</text>`+"\n", html.EscapeString(about))
	for i := range 5 {
		value, second, x, y := most*float64(i)/4, last*float64(i)/4, axisWidth+curvesWidth*i/4, top+curvesHeight-curvesHeight*i/4
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%d" y2="%d"/>`, axisWidth, axisWidth+curvesWidth, y, y)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%.3g</text>`, axisWidth-6, y+4, value)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%.3g</text>`+"\n", x, top+curvesHeight+18, second)
	}
	for i, name := range t.Lines {
		x := axisWidth + i*curvesWidth/len(t.Lines)
		fmt.Fprintf(&b, `<path class="c%d" d="M%d %dh20"/><text x="%d" y="%d">%s</text>`+"\n", i, x, headingHeight, x+26, headingHeight+4, html.EscapeString(name))
		fmt.Fprintf(&b, `<path class="c%d" d="%s"/>`+"\n", i, t.stair(i+1, curvesWidth/last, curvesHeight/most, float64(top+curvesHeight)))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (t *timeline) stair(line int, perSecond, perOne, bottom float64) []byte {
	var b bytes.Buffer
	for i, p := range t.Points {
		x, y := axisWidth+float64(p[0])*perSecond, bottom-float64(p[line])*perOne
		if i == 0 {
			fmt.Fprintf(&b, "M%.1f %.1f", x, y)
			continue
		}
		fmt.Fprintf(&b, "H%.1fV%.1f", x, y)
	}
	return b.Bytes()
}
