package cost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"dsql-load-test/internal/strictjson"
)

// parser reads a price list key by key, so that each fault names its key and place.
type parser struct {
	name   string            // of the file
	at     map[string]string // the place of each key, "line:column"
	faults []error
}

// field is one key of an object.
type field struct {
	key     string
	to      any // what its value is decoded into
	valid   func() bool
	allowed string
	// optional: the object may lack the key.
	optional bool
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
	var regions map[string]json.RawMessage
	p.object("", text, []field{
		{"date", &list.Date, func() bool { return regexp.MustCompile(`^\d{4}-\d{2}(-\d{2})?$`).MatchString(list.Date) }, "a date such as 2026-07 or 2026-07-31", false},
		{"source", &list.Source, func() bool { return list.Source != "" }, "a text that says where the prices are from", false},
		{"regions", &regions, func() bool { return len(regions) > 0 }, "an object with at least one region", false},
	})
	list.Regions = p.regions(regions)
	if len(p.faults) > 0 {
		return Prices{}, errors.Join(p.faults...)
	}
	return list, nil
}

func (p *parser) regions(all map[string]json.RawMessage) map[string]RegionPrices {
	regions := map[string]RegionPrices{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		key := "regions." + strictjson.Name(name)
		if !regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`).MatchString(name) {
			p.fault(key, "%s: must be an AWS region such as us-east-1", key)
		}
		var r RegionPrices
		p.object(key, all[name], []field{
			price("lambda_million_requests_usd", &r.MillionRequests),
			price("lambda_gb_second_arm64_usd", &r.GBSecondARM),
			price("lambda_gb_second_x86_64_usd", &r.GBSecondX86),
			later("lambda_streamed_gb_usd", &r.StreamedGB),
			price("dsql_million_dpu_usd", &r.MillionDPU),
			price("dsql_storage_gb_month_usd", &r.StorageGBMonth),
		})
		regions[name] = r
	}
	return regions
}

func price(key string, to *float64) field {
	return field{key, to, func() bool { return *to >= 0 && *to <= maxPrice }, fmt.Sprintf("a price of 0 to %d US dollars", maxPrice), false}
}

// later is a price that older lists don't have. Without it *to stays nil.
func later(key string, to **float64) field {
	f := price(key, nil)
	f.to, f.optional = to, true
	f.valid = func() bool { return **to >= 0 && **to <= maxPrice }
	return f
}

// object reads an object that has the given keys and no other.
func (p *parser) object(key string, raw json.RawMessage, fields []field) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		p.invalid(key, raw, "an object of prices")
		return
	}
	prefix := strings.TrimPrefix(key+".", ".")
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.key == k }) {
			unknown := prefix + strictjson.Name(k)
			p.fault(unknown, "unknown key %q", unknown)
		}
	}
	for _, f := range fields {
		value := o[f.key]
		if value == nil && f.optional {
			continue
		}
		if value == nil {
			p.fault(prefix+f.key, "%s is missing", prefix+f.key)
		} else if json.Unmarshal(value, f.to) != nil || string(value) == "null" || !f.valid() {
			p.invalid(prefix+f.key, value, f.allowed)
		}
	}
}

func (p *parser) invalid(key string, value json.RawMessage, allowed string) {
	const most = 60
	var line bytes.Buffer
	_ = json.Compact(&line, value) // it was read as JSON
	text := line.String()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	p.fault(key, "%s = %s: must be %s", key, text, allowed)
}

// fault notes an error at the place of a key, or of the object that should have it.
func (p *parser) fault(key, format string, args ...any) {
	for key != "" && p.at[key] == "" {
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	at := "1:1"
	if key != "" {
		at = p.at[key]
	}
	p.faults = append(p.faults, fmt.Errorf("%s:%s: %w", p.name, at, fmt.Errorf(format, args...)))
}
