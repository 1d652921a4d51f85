// Package cost says what a run costs on AWS: before it, estimated from its plan;
// after it, from what Lambda billed and from the DPU that CloudWatch tells. Each
// sheet carries the sentences that say what it rests on.
package cost

import (
	"bytes"
	_ "embed" // prices.json
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"dsql-load-test/internal/strictjson"
	"dsql-load-test/internal/textfile"
)

//go:embed prices.json
var embedded []byte

// standIn is the region whose prices are used where a region has none.
const standIn = "us-east-1"

// largest is how much of a price list is read. That of all regions has some 10 KB.
const largest = 1 << 20

// maxPrice catches slips of the finger; every price is far below it.
const maxPrice = 10_000

// Prices are a dated list of AWS's on-demand prices in US dollars.
type Prices struct {
	Date    string                  `json:"date"`   // YYYY-MM or YYYY-MM-DD
	Source  string                  `json:"source"` // where they were read
	Regions map[string]RegionPrices `json:"regions"`
}

// RegionPrices are those of one region.
type RegionPrices struct {
	MillionRequests float64 `json:"lambda_million_requests_usd"`
	GBSecondARM     float64 `json:"lambda_gb_second_arm64_usd"`
	GBSecondX86     float64 `json:"lambda_gb_second_x86_64_usd"`
	MillionDPU      float64 `json:"dsql_million_dpu_usd"`
	StorageGBMonth  float64 `json:"dsql_storage_gb_month_usd"`
}

// Default are the prices that this program has in it.
func Default() (Prices, error) { return parse("prices.json", embedded) }

// Read reads a file of the form of prices.json; an empty path means Default. All
// faults of the file are reported at once.
func Read(path string) (Prices, error) {
	if path == "" {
		return Default()
	}
	text, _, err := textfile.Read(path, "price list", largest)
	if err != nil {
		return Prices{}, fmt.Errorf("prices: %w", err)
	}
	return parse(path, text)
}

// In answers the prices for a region, and the region whose they are: another one
// where the list doesn't have it.
func (p Prices) In(region string) (RegionPrices, string) {
	if r, ok := p.Regions[region]; ok {
		return r, region
	}
	if r, ok := p.Regions[standIn]; ok {
		return r, standIn
	}
	for _, name := range slices.Sorted(maps.Keys(p.Regions)) {
		return p.Regions[name], name
	}
	return RegionPrices{}, "" // of no list that Read answered
}

// gbSecond is the price for an architecture's GB-second.
func (r RegionPrices) gbSecond(architecture string) float64 {
	if architecture == x86 {
		return r.GBSecondX86
	}
	return r.GBSecondARM
}

// parser reads a price list by hand, so that each fault names its key.
type parser struct {
	name   string
	at     map[string]string // the place of each key
	faults []error
}

func parse(name string, text []byte) (Prices, error) {
	p := &parser{name: name, at: map[string]string{}}
	all, err := strictjson.Keys(text)
	if err != nil {
		return Prices{}, fmt.Errorf("%s:%w", name, err)
	}
	for _, k := range all {
		p.at[k.Path] = k.At
	}
	var list Prices
	top := p.object("", text, "date", "source", "regions")
	if p.text("date", top["date"], &list.Date) && !regexp.MustCompile(`^\d{4}-\d{2}(-\d{2})?$`).MatchString(list.Date) {
		p.fault("date", top["date"], "a date such as 2026-07 or 2026-07-31")
	}
	if p.text("source", top["source"], &list.Source) && list.Source == "" {
		p.fault("source", top["source"], "where the prices are from")
	}
	if raw := top["regions"]; raw != nil {
		list.Regions = p.regions(raw)
	}
	if len(p.faults) > 0 {
		return Prices{}, errors.Join(p.faults...)
	}
	return list, nil
}

func (p *parser) regions(raw json.RawMessage) map[string]RegionPrices {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil || len(all) == 0 {
		p.fault("regions", raw, "an object with at least one region")
		return nil
	}
	regions := map[string]RegionPrices{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		key := "regions." + strictjson.Name(name)
		if !regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`).MatchString(name) {
			p.faults = append(p.faults, fmt.Errorf("%s: %s: must be an AWS region such as us-east-1", p.place(key), key))
		}
		regions[name] = p.region(key, all[name])
	}
	return regions
}

func (p *parser) region(key string, raw json.RawMessage) (r RegionPrices) {
	prices := []struct {
		name string
		to   *float64
	}{
		{"lambda_million_requests_usd", &r.MillionRequests},
		{"lambda_gb_second_arm64_usd", &r.GBSecondARM},
		{"lambda_gb_second_x86_64_usd", &r.GBSecondX86},
		{"dsql_million_dpu_usd", &r.MillionDPU},
		{"dsql_storage_gb_month_usd", &r.StorageGBMonth},
	}
	var names []string
	for _, price := range prices {
		names = append(names, price.name)
	}
	values := p.object(key, raw, names...)
	for _, price := range prices {
		value := values[price.name]
		if value == nil {
			continue // missing, and reported so
		}
		if err := json.Unmarshal(value, price.to); err != nil || string(value) == "null" || *price.to < 0 || *price.to > maxPrice {
			p.fault(key+"."+price.name, value, fmt.Sprintf("a price of 0 to %d US dollars", maxPrice))
		}
	}
	return r
}

// object reads an object that must have the given keys and no other.
func (p *parser) object(key string, raw json.RawMessage, keys ...string) map[string]json.RawMessage {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		p.fault(key, raw, "an object of prices")
		return nil
	}
	prefix := ""
	if key != "" {
		prefix = key + "."
	}
	for _, k := range keys {
		if o[k] == nil {
			p.faults = append(p.faults, fmt.Errorf("%s: %s is missing", p.place(prefix+k), prefix+k))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(keys, k) {
			key := prefix + strictjson.Name(k)
			p.faults = append(p.faults, fmt.Errorf("%s: unknown key %q", p.place(key), key))
		}
	}
	return o
}

// text reads a string; false when it is missing or not one.
func (p *parser) text(key string, raw json.RawMessage, to *string) bool {
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, to); err != nil || string(raw) == "null" {
		p.fault(key, raw, "a text")
		return false
	}
	return true
}

func (p *parser) fault(key string, value json.RawMessage, allowed string) {
	const most = 60
	var line bytes.Buffer
	_ = json.Compact(&line, value) // it was read as JSON
	text := line.String()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	p.faults = append(p.faults, fmt.Errorf("%s: %s = %s: must be %s", p.place(key), key, text, allowed))
}

// place is the file with line and column of a key, or of the object that should
// have it.
func (p *parser) place(key string) string {
	for key != "" && p.at[key] == "" {
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	if key == "" {
		return p.name + ":1:1"
	}
	return p.name + ":" + p.at[key]
}
