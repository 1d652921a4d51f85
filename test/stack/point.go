package stack

import (
	"encoding/json"
	"time"
)

// Point is a sample's time and its value: a number or a histogram.
type Point struct {
	Time      time.Time
	Value     float64
	Histogram *Histogram
}

// Histogram is a native histogram.
type Histogram struct {
	Count, Sum float64
	Buckets    []Bucket
}

// Bucket counts the observations of (Lower, Upper].
type Bucket struct {
	Lower, Upper, Count float64
}

// UnmarshalJSON reads [seconds, "number"] or [seconds, {histogram}].
func (p *Point) UnmarshalJSON(text []byte) error {
	var at float64
	var value json.RawMessage
	if err := json.Unmarshal(text, &[]any{&at, &value}); err != nil {
		return err
	}
	p.Time = instant(at)
	if len(value) > 0 && value[0] == '{' {
		p.Histogram = new(Histogram)
		return json.Unmarshal(value, p.Histogram)
	}
	var n number
	err := json.Unmarshal(value, &n)
	p.Value = float64(n)
	return err
}

// UnmarshalJSON reads Prometheus' form of a histogram.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var raw struct {
		Count, Sum number
		Buckets    [][4]json.RawMessage // which bounds are included, then the three numbers
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	h.Count, h.Sum = float64(raw.Count), float64(raw.Sum)
	for _, b := range raw.Buckets {
		var numbers [3]number
		for i := range numbers {
			if err := json.Unmarshal(b[i+1], &numbers[i]); err != nil {
				return err
			}
		}
		h.Buckets = append(h.Buckets, Bucket{float64(numbers[0]), float64(numbers[1]), float64(numbers[2])})
	}
	return nil
}
