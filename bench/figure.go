package main

import (
	"fmt"
	"math"
	"slices"
)

// figure sums up the rounds of one measurement.
type figure struct {
	median, least, most float64
}

// summarize takes the median and the spread; the median of an even number is the mean of the middle two.
func summarize(values []float64) figure {
	if len(values) == 0 {
		return figure{median: math.NaN(), least: math.NaN(), most: math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return figure{median: median, least: sorted[0], most: sorted[len(sorted)-1]}
}

// text is the median with the spread behind it, where there is one.
func (f figure) text() string {
	if math.IsNaN(f.median) {
		return "-"
	}
	if number(f.least) == number(f.most) {
		return number(f.median)
	}
	return fmt.Sprintf("%s (%s..%s)", number(f.median), number(f.least), number(f.most))
}

// number writes three digits or so, which is all that such figures are worth.
func number(value float64) string {
	switch size := math.Abs(value); {
	case value == math.Trunc(value) && size < 1e6, size >= 100:
		return fmt.Sprintf("%.0f", value)
	case size >= 10:
		return fmt.Sprintf("%.1f", value)
	case size >= 0.1:
		return fmt.Sprintf("%.2f", value)
	default:
		return fmt.Sprintf("%.4f", value)
	}
}

// over is how many times as much as another figure this one is.
func (f figure) over(other figure) float64 { return f.median / other.median }

// times writes a ratio.
func times(ratio float64) string {
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return "-"
	}
	return number(ratio) + "x"
}
