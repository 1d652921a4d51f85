package bench

import (
	"reflect"
	"strconv"
	"strings"
)

// Percentiles are the percentiles of the latencies of a scenario's statements, in ms; null
// without a sample. This type is the list of all percentiles: reports, comparisons and
// thresholds iterate over it. To add a percentile, add a field; its name and number follow from
// the JSON key. The percentiles are fields rather than a slice, because then encoding/json
// reports the position of a value of the wrong type, and package check visits them too.
type Percentiles struct {
	P50  *float64 `json:"p50_ms"`
	P90  *float64 `json:"p90_ms" short:"no"`
	P95  *float64 `json:"p95_ms"`
	P99  *float64 `json:"p99_ms"`
	P999 *float64 `json:"p99_9_ms"`
}

// FewPercentiles are the percentiles of a TimelineSecond and of an Overhead, in ms.
type FewPercentiles struct {
	P50 *float64 `json:"p50_ms"`
	P95 *float64 `json:"p95_ms"`
	P99 *float64 `json:"p99_ms"`
}

// HighPercentiles are the percentiles of Stats, by nearest rank, in the unit of the values.
type HighPercentiles struct {
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
}

// Quantile is one percentile.
type Quantile struct {
	Name    string   // such as "p99.9"
	Key     string   // in JSON, such as "p99_9_ms"
	Percent float64  // such as 99.9
	Short   bool     // short tables have it too
	Value   *float64 // nil without a sample, and in the list of Quantiles
}

// Means returns the percentile in words that precede a noun: "median", or "99th percentile of
// the".
func (q Quantile) Means() string {
	if q.Percent == 50 {
		return "median"
	}
	return strings.TrimPrefix(q.Name, "p") + "th percentile of the"
}

// Quantiles returns all percentiles of statements without values, lowest first.
func Quantiles() []Quantile { return Percentiles{}.List() }

// List returns each percentile with its value, lowest first.
func (p Percentiles) List() []Quantile { return listed(&p) }

// List returns each percentile with its value, lowest first.
func (p FewPercentiles) List() []Quantile { return listed(&p) }

// List returns each percentile with its value, lowest first.
func (p HighPercentiles) List() []Quantile { return listed(&p) }

// At returns the value of the named percentile; nil without a sample.
func (p Percentiles) At(name string) *float64 { return valueAt(p.List(), name) }

// At returns the value of the named percentile; nil without a sample.
func (p FewPercentiles) At(name string) *float64 { return valueAt(p.List(), name) }

// At returns the value of the named percentile; nil without a sample.
func (p HighPercentiles) At(name string) *float64 { return valueAt(p.List(), name) }

func valueAt(all []Quantile, name string) *float64 {
	for _, q := range all {
		if q.Name == name {
			return q.Value
		}
	}
	return nil
}

// listed returns the fields of one of the types above, given by a pointer. A key such as
// "p99_9_ms" gives the name "p99.9" and the number 99.9.
func listed(percentiles any) []Quantile {
	v := reflect.ValueOf(percentiles).Elem()
	all := make([]Quantile, v.NumField())
	for i := range all {
		tag := v.Type().Field(i).Tag
		key := tag.Get("json")
		name := strings.ReplaceAll(strings.TrimSuffix(key, "_ms"), "_", ".")
		percent, _ := strconv.ParseFloat(name[1:], 64) // a test checks every name
		all[i] = Quantile{Name: name, Key: key, Percent: percent, Short: tag.Get("short") != "no", Value: v.Field(i).Interface().(*float64)}
	}
	return all
}

// Fill sets each percentile in p to the value that of returns for it.
func Fill[P Percentiles | FewPercentiles | HighPercentiles](p *P, of func(percent float64) *float64) {
	for i, q := range listed(p) {
		reflect.ValueOf(p).Elem().Field(i).Set(reflect.ValueOf(of(q.Percent)))
	}
}
