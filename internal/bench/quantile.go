package bench

import (
	"reflect"
	"strconv"
	"strings"
)

// Percentiles are those of a scenario's statements, in ms; null without a sample.
// This is the list of all percentiles: each report, comparison and threshold reads it
// from here, and a new one is a field here. Its name and its number follow from its
// key. They are fields, and no list of values, so that encoding/json names the line
// and column of a value of the wrong type, and every walk over a record meets them.
type Percentiles struct {
	P50  *float64 `json:"p50_ms"`
	P90  *float64 `json:"p90_ms" short:"no"`
	P95  *float64 `json:"p95_ms"`
	P99  *float64 `json:"p99_ms"`
	P999 *float64 `json:"p99_9_ms"`
}

// FewPercentiles are those of one second, and of the function's own part.
type FewPercentiles struct {
	P50 *float64 `json:"p50_ms"`
	P95 *float64 `json:"p95_ms"`
	P99 *float64 `json:"p99_ms"`
}

// HighPercentiles are those of invocations (nearest rank).
type HighPercentiles struct {
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
}

// Quantile is one percentile.
type Quantile struct {
	Name    string   // such as "p99.9"
	Key     string   // in JSON, such as "p99_9_ms"
	Percent float64  // such as 99.9
	Short   bool     // tables with few rows have it too
	Value   *float64 // nil without a sample, and in a list of names
}

// Means is the percentile in words, before a noun.
func (q Quantile) Means() string {
	if q.Percent == 50 {
		return "median"
	}
	return strings.TrimPrefix(q.Name, "p") + "th percentile of the"
}

// Quantiles are the percentiles that a scenario's statements have, lowest first.
func Quantiles() []Quantile { return Percentiles{}.List() }

// List has each percentile with its value.
func (p Percentiles) List() []Quantile { return listed(&p) }

// List has each percentile with its value.
func (p FewPercentiles) List() []Quantile { return listed(&p) }

// List has each percentile with its value.
func (p HighPercentiles) List() []Quantile { return listed(&p) }

// At is the value of the percentile of that name; nil without one.
func (p Percentiles) At(name string) *float64 { return valueAt(p.List(), name) }

// At is the value of the percentile of that name; nil without one.
func (p FewPercentiles) At(name string) *float64 { return valueAt(p.List(), name) }

// At is the value of the percentile of that name; nil without one.
func (p HighPercentiles) At(name string) *float64 { return valueAt(p.List(), name) }

func valueAt(all []Quantile, name string) *float64 {
	for _, q := range all {
		if q.Name == name {
			return q.Value
		}
	}
	return nil
}

// listed reads the fields of one of the types above.
func listed(percentiles any) []Quantile {
	v := reflect.ValueOf(percentiles).Elem()
	all := make([]Quantile, v.NumField())
	for i := range all {
		tag := v.Type().Field(i).Tag
		key := tag.Get("json")
		name := strings.ReplaceAll(strings.TrimSuffix(key, "_ms"), "_", ".")
		percent, _ := strconv.ParseFloat(name[1:], 64) // a test looks at every name
		all[i] = Quantile{Name: name, Key: key, Percent: percent, Short: tag.Get("short") != "no", Value: v.Field(i).Interface().(*float64)}
	}
	return all
}

// Fill sets each percentile of one of the types above to what of returns for it.
func Fill[P Percentiles | FewPercentiles | HighPercentiles](p *P, of func(percent float64) *float64) {
	for i, q := range listed(p) {
		reflect.ValueOf(p).Elem().Field(i).Set(reflect.ValueOf(of(q.Percent)))
	}
}
