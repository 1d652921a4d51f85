package cost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefault(t *testing.T) {
	got, region := defaults(t).In("us-east-1")
	want := RegionPrices{MillionRequests: 0.20, GBSecondARM: 0.0000133334, GBSecondX86: 0.0000166667, StreamedGB: ptr(0.008), MillionDPU: 8, StorageGBMonth: 0.33}
	if diff := cmp.Diff(want, got); diff != "" || region != "us-east-1" {
		t.Errorf("prices of %s: -want +got\n%s", region, diff)
	}
}

const whole = `{"lambda_million_requests_usd": 1, "lambda_gb_second_arm64_usd": 2, "lambda_gb_second_x86_64_usd": 3,
	"dsql_million_dpu_usd": 4, "dsql_storage_gb_month_usd": 5}`

// streamed is whole with a price for streamed bytes, which older lists don't have.
func streamed(price string) string {
	return `{"lambda_streamed_gb_usd": ` + price + "," + whole[1:]
}

func TestRead(t *testing.T) {
	list := func(regions string) string {
		return `{"date": "2026-11-01", "source": "an agreement", "regions": ` + regions + `}`
	}
	for _, c := range []struct {
		name, text, want string // the error, one line each; empty for none
	}{
		{"good", list(`{"eu-west-1": ` + whole + `}`), ""},
		{"good, with streamed bytes", list(`{"eu-west-1": ` + streamed("6") + `}`), ""},
		{"streamed bytes below 0", list(`{"eu-west-1": ` + streamed("-0.008") + `}`), "F:1:99: regions.eu-west-1.lambda_streamed_gb_usd = -0.008: must be a price of 0 to 10000 US dollars"},
		{"streamed bytes too dear", list(`{"eu-west-1": ` + streamed("1e9") + `}`), "F:1:99: regions.eu-west-1.lambda_streamed_gb_usd = 1e9: must be a price of 0 to 10000 US dollars"},
		{"streamed bytes null", list(`{"eu-west-1": ` + streamed("null") + `}`), "F:1:99: regions.eu-west-1.lambda_streamed_gb_usd = null: must be a price of 0 to 10000 US dollars"},
		{"streamed bytes as text", list(`{"eu-west-1": ` + streamed(`"6"`) + `}`), `F:1:99: regions.eu-west-1.lambda_streamed_gb_usd = "6": must be a price of 0 to 10000 US dollars`},
		{"not JSON", `{`, "F:1:1: not JSON: the text ends too early"},
		{"not an object", `null`, "F:1:4: must be a JSON object"},
		{"beyond float64", "{\n" + `"date": 1e400}`, "F:2:13: date is the number 1e400, must be within -1.8e308 to 1.8e308"},
		{"key twice", list(`{"eu-west-1": ` + whole + `, "eu-west-1": {}}`), `F:2:72: key "regions.eu-west-1" appears twice`},
		{"byte order mark", "\xef\xbb\xbf{}", "F:1:1: not JSON: begins with a byte order mark, must be UTF-8 without one"},
		{"nested without end", strings.Repeat(`{"a":`, 200), "F:1:506: nested more than 100 deep"},
		{"everything missing", `{}`, "F:1:1: date is missing\nF:1:1: source is missing\nF:1:1: regions is missing"},
		{
			"wrong values", `{"date": "yesterday", "source": "", "regions": {}, "currency": "EUR"}`,
			"F:1:61: unknown key \"currency\"\nF:1:7: date = \"yesterday\": must be a date such as 2026-07 or 2026-07-31\n" +
				"F:1:30: source = \"\": must be a text that says where the prices are from\nF:1:45: regions = {}: must be an object with at least one region",
		},
		{"wrong types", `{"date": 3, "source": null, "regions": []}`, "F:1:7: date = 3: must be a date such as 2026-07 or 2026-07-31\nF:1:20: source = null: must be a text that says where the prices are from\nF:1:37: regions = []: must be an object with at least one region"},
		{"a region that is none", list(`{"Ireland": ` + whole + `}`), "F:1:70: regions.Ireland: must be an AWS region such as us-east-1"},
		{"a region without prices", list(`{"eu-west-1": 8}`), "F:1:72: regions.eu-west-1 = 8: must be an object of prices"},
		{
			"a price that is none", list(`{"eu-west-1": ` + strings.NewReplacer(": 4", ": -4", ": 3", `: "3"`, ": 5", ": null", ": 2", ": 20000").Replace(whole) + `}`),
			`F:1:137: regions.eu-west-1.lambda_gb_second_arm64_usd = 20000: must be a price of 0 to 10000 US dollars
F:1:175: regions.eu-west-1.lambda_gb_second_x86_64_usd = "3": must be a price of 0 to 10000 US dollars
F:2:23: regions.eu-west-1.dsql_million_dpu_usd = -4: must be a price of 0 to 10000 US dollars
F:2:56: regions.eu-west-1.dsql_storage_gb_month_usd = null: must be a price of 0 to 10000 US dollars`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "prices.json")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := Read(path)
			if c.want == "" {
				want := RegionPrices{MillionRequests: 1, GBSecondARM: 2, GBSecondX86: 3, StreamedGB: ptr(0.008), StreamedFrom: "the built-in list (us-east-1, 2026-07)", MillionDPU: 4, StorageGBMonth: 5}
				if strings.Contains(c.text, "streamed") {
					want.StreamedGB, want.StreamedFrom = ptr(6), ""
				}
				if diff := cmp.Diff(want, got.Regions["eu-west-1"]); diff != "" || err != nil {
					t.Errorf("%v, -want +got\n%s", err, diff)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			if text := strings.ReplaceAll(err.Error(), path, "F"); text != c.want {
				t.Errorf("error\n%s\nwant\n%s", text, c.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "absent.json")); err == nil {
		t.Error("a file that isn't there is no error")
	}
}

func TestIn(t *testing.T) {
	one, other := RegionPrices{MillionDPU: 1}, RegionPrices{MillionDPU: 2}
	for _, c := range []struct {
		name, asked, want string
		regions           map[string]RegionPrices
	}{
		{"in the list", "eu-west-1", "eu-west-1", map[string]RegionPrices{"eu-west-1": one, "us-east-1": other}},
		{"us-east-1 stands in", "eu-west-2", "us-east-1", map[string]RegionPrices{"eu-west-1": one, "us-east-1": other}},
		{"without us-east-1 the first", "eu-west-2", "ap-south-1", map[string]RegionPrices{"eu-west-1": one, "ap-south-1": other}},
	} {
		p := Prices{Regions: c.regions}
		price, got := p.In(c.asked)
		if got != c.want || price != c.regions[c.want] {
			t.Errorf("%s: %s %+v, want %s", c.name, got, price, c.want)
		}
	}
}
