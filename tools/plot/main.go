// Plot draws the results of the benchmarks as SVG: plot DATA.json DIRECTORY.
package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// point is one result, as bench writes it.
type point struct {
	Cell    string  `json:"cell"`
	Members int     `json:"members"`
	Ours    float64 `json:"ours"`
	Limit   float64 `json:"limit"`
	Peer    float64 `json:"peer"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: plot DATA.json DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(data, dir string) error {
	b, err := os.ReadFile(data)
	if err != nil {
		return err
	}
	var points []point
	if err := json.Unmarshal(b, &points); err != nil {
		return fmt.Errorf("%s: %w", data, err)
	}
	if err := growth(points, filepath.Join(dir, "benchmarks-growth.svg")); err != nil {
		return err
	}
	return limits(points, filepath.Join(dir, "benchmarks-limits.svg"))
}

// smallest is the size with which the cells of growth compare the others.
const smallest = 1000

var requests = map[string]string{"ga": "one random member", "gb": "first page", "gl": "last page"}

// growth draws the time per request against the number of members, relative to the smallest account, so that the speed of
// the machine does not matter.
func growth(points []point, file string) error {
	lines := map[string]plotter.XYs{}
	for _, p := range points {
		if p.Members == 0 || len(p.Cell) < 2 || p.Ours == 0 {
			continue
		}
		name, ok := requests[p.Cell[:2]]
		if !ok {
			continue
		}
		if strings.HasSuffix(p.Cell, "P") {
			name += ", PostgreSQL"
		} else {
			name += ", SQLite"
		}
		if lines[name] == nil {
			lines[name] = plotter.XYs{{X: smallest, Y: 1}}
		}
		lines[name] = append(lines[name], plotter.XY{X: float64(p.Members), Y: p.Limit / p.Ours})
	}
	if len(lines) == 0 {
		return nil
	}
	p := plot.New()
	p.Title.Text = "Time per request, compared with an account of 1,000 members"
	p.X.Label.Text, p.Y.Label.Text = "members", "times as long"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Min, p.Legend.Top = 0, false
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	most := 2.0
	for i, name := range names {
		xys := lines[name]
		sort.Slice(xys, func(a, b int) bool { return xys[a].X < xys[b].X })
		line, dots, err := plotter.NewLinePoints(xys)
		if err != nil {
			return err
		}
		line.Color, dots.Color, dots.Shape = plotutil.Color(i), plotutil.Color(i), plotutil.Shape(i)
		line.Dashes = plotutil.Dashes(i)
		p.Add(line, dots)
		p.Legend.Add(name, line, dots)
		for _, xy := range xys {
			most = max(most, xy.Y*1.1)
		}
	}
	p.Y.Max = most
	p.Add(plotter.NewGrid())
	return p.Save(18*vg.Centimeter, 11*vg.Centimeter, file)
}

// limits draws the ratio to the limit of raff and of the peer for each cell.
func limits(points []point, file string) error {
	var ours, peers plotter.Values
	var names []string
	for _, p := range points {
		if p.Members != 0 || p.Limit == 0 || strings.HasPrefix(p.Cell, "k") {
			continue
		}
		names = append(names, p.Cell)
		ours, peers = append(ours, p.Ours/p.Limit), append(peers, p.Peer/p.Limit)
	}
	if len(names) == 0 {
		return nil
	}
	p := plot.New()
	p.Title.Text = "Throughput, compared with the limit of each cell"
	p.Y.Label.Text, p.Y.Min = "ratio to the limit", 0
	width := vg.Points(9)
	for i, v := range []struct {
		name   string
		values plotter.Values
		color  color.Color
	}{{"raff", ours, plotutil.Color(2)}, {"best peer", peers, color.Gray{160}}} {
		bars, err := plotter.NewBarChart(v.values, width)
		if err != nil {
			return err
		}
		bars.Color, bars.LineStyle.Width = v.color, 0
		bars.Offset = width * vg.Length(2*i-1) / 2
		p.Add(bars)
		p.Legend.Add(v.name, bars)
	}
	p.Legend.Top = true
	p.NominalX(names...)
	return p.Save(20*vg.Centimeter, 10*vg.Centimeter, file)
}
