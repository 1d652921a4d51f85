package setting

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// The largest values that a run accepts, besides those of package bench.
const (
	maxConnectRate = 100_000
	maxSlowMs      = 900_000 // Lambda's longest time-out
	maxCostUSD     = 1_000_000
)

// Validate reports every fault of c at once, joined, each a *bench.Fault; nil when
// a run can start.
func Validate(c *bench.Config) error {
	v := validator{config: c}
	v.oneOf("target", string(c.Target), string(bench.Local), string(bench.AWS))
	v.oneOf("verify", string(c.Verify), string(bench.VerifyFull), string(bench.VerifyCount), string(bench.VerifyOff))
	v.check("connect_rate", c.ConnectRate, c.ConnectRate >= 0 && c.ConnectRate <= maxConnectRate, fmt.Sprintf("0 to %d", maxConnectRate))
	v.oneOf("telemetry", string(c.Telemetry), string(bench.TelemetryAuto), string(bench.TelemetryRelay), string(bench.TelemetryOTLP), string(bench.TelemetryOff))
	v.oneOf("trace_detail", string(c.TraceDetail), string(bench.DetailAll), string(bench.DetailAuto), string(bench.DetailLogical))
	v.check("slow_ms", c.SlowMs, c.SlowMs > 0 && c.SlowMs <= maxSlowMs, fmt.Sprintf("above 0, at most %d (15 minutes)", maxSlowMs))
	v.check("telemetry_required", c.TelemetryRequired, !c.TelemetryRequired || c.Telemetry != bench.TelemetryOff, "false when telemetry is off")
	v.check("max_cost_usd", c.MaxCost, c.MaxCost >= 0 && c.MaxCost <= maxCostUSD, fmt.Sprintf("0 (no limit) to %d US dollars", maxCostUSD))
	v.check("lambda_function_name", c.FunctionName, regexp.MustCompile(`^[a-zA-Z0-9:_$.-]{1,170}$`).MatchString(c.FunctionName), "a Lambda function's name or ARN")
	v.check("region", c.Region, IsRegion(c.Region), "an AWS region such as us-east-1")
	return flat(append(v.faults, c.ValidatePlans(), c.ValidateThresholds()))
}

// flat joins faults, those that are joined themselves one by one.
func flat(all []error) error {
	var each []error
	for _, err := range all {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			each = append(each, joined.Unwrap()...)
		} else {
			each = append(each, err)
		}
	}
	return errors.Join(each...)
}

// IsRegion reports whether name can be an AWS region's. That of FIPS endpoints, which
// the SDK takes for one, isn't.
func IsRegion(name string) bool {
	return regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`).MatchString(name) && !strings.Contains(name, "-fips-")
}

type validator struct {
	config *bench.Config
	faults []error
}

func (v *validator) check(key string, value any, ok bool, allowed string) {
	if !ok {
		v.faults = append(v.faults, &bench.Fault{Key: key, Origin: v.config.Origin[key], Value: value, Allowed: allowed})
	}
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	v.check(key, value, slices.Contains(allowed, value), "one of "+strings.Join(allowed, ", "))
}
