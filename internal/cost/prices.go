// Package cost calculates what a run costs on AWS: before the run, estimated from its plan
// (estimate.go); after it, from what Lambda billed and the DPU that CloudWatch reports
// (actual.go). Each sheet carries sentences that say what it is based on.
//
// prices.go has the price list and parse.go checks one; dpu.go has DSQL's formula;
// forecast.go is what driver cost and driver run --dry-run print.
package cost

import (
	_ "embed" // prices.json
	"fmt"
	"maps"
	"slices"

	"dsql-load-test/internal/textfile"
)

//go:embed prices.json
var embedded []byte

// standIn is the region whose prices are used for a region that has none.
const standIn = "us-east-1"

// largest is how many bytes of a price list are read. A list of all regions has about 10 KB.
const largest = 1 << 20

// maxPrice catches typing mistakes; every price is far below it.
const maxPrice = 10_000

// Prices are a dated list of AWS's on-demand prices in US dollars.
type Prices struct {
	Date    string                  `json:"date"`   // YYYY-MM or YYYY-MM-DD
	Source  string                  `json:"source"` // where they were read
	Regions map[string]RegionPrices `json:"regions"`
}

// RegionPrices are the prices of one region, in US dollars for the unit in the key.
type RegionPrices struct {
	MillionRequests float64 `json:"lambda_million_requests_usd"`
	GBSecondARM     float64 `json:"lambda_gb_second_arm64_usd"`
	GBSecondX86     float64 `json:"lambda_gb_second_x86_64_usd"`
	// StreamedGB is never nil in a list that Read returns. StreamedFrom says which other list it
	// is from if this one has none; otherwise it is empty.
	StreamedGB     *float64 `json:"lambda_streamed_gb_usd,omitempty"`
	StreamedFrom   string   `json:"-"`
	MillionDPU     float64  `json:"dsql_million_dpu_usd"`
	StorageGBMonth float64  `json:"dsql_storage_gb_month_usd"`
}

// Read reads a price list, a file in the form of prices.json; an empty path means the
// list built into this program. All faults of the file are reported at once.
func Read(path string) (Prices, error) {
	if path == "" {
		return parse("prices.json", embedded)
	}
	text, _, err := textfile.Read(path, "price list", largest)
	if err != nil {
		return Prices{}, fmt.Errorf("prices: %w", err)
	}
	list, err := parse(path, text)
	if err != nil {
		return Prices{}, err
	}
	return list, list.complete()
}

// complete gives regions without a price for streamed bytes, as older lists have them, the
// built-in one.
func (p Prices) complete() error {
	standard, err := Read("")
	if err != nil {
		return err
	}
	for name, r := range p.Regions {
		if r.StreamedGB == nil {
			usual, of := standard.In(name)
			r.StreamedGB, r.StreamedFrom = usual.StreamedGB, fmt.Sprintf("the built-in list (%s, %s)", of, standard.Date)
			p.Regions[name] = r
		}
	}
	return nil
}

// In returns the prices for a region, and the region that they are from: another one if
// the list doesn't have it.
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
	return RegionPrices{}, "" // no list that Read returns is empty
}

// gbSecond returns the price of a GB-second on an architecture.
func (r RegionPrices) gbSecond(architecture string) float64 {
	if architecture == x86 {
		return r.GBSecondX86
	}
	return r.GBSecondARM
}
