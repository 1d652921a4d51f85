package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/bench"
)

const (
	// concurrencyQuota is Lambda's quota "Concurrent executions" (Service Quotas).
	concurrencyQuota = "L-B99A9384"
	// clusterConnections is the default quota of connections of a cluster (Aurora DSQL User
	// Guide, "Cluster quotas").
	clusterConnections = 10_000
)

// askReserved returns the function's reserved concurrency; nil if it has none.
func (e *exam) askReserved(ctx context.Context, a access) (*int32, error) {
	out, err := e.lambda(a).GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String(unqualified(e.o.Config.FunctionName))})
	if err != nil {
		return nil, err
	}
	return out.ReservedConcurrentExecutions, nil
}

// askLimit returns the account's limits of concurrency; without values if Lambda returns none.
func (e *exam) askLimit(ctx context.Context, a access) (*types.AccountLimit, error) {
	out, err := e.lambda(a).GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil || out.AccountLimit == nil {
		return &types.AccountLimit{}, err
	}
	return out.AccountLimit, nil
}

// checkConcurrency compares the plan's invocations in flight with the function's limit: its
// reserved concurrency, else the unreserved concurrency of the account.
func (e *exam) checkConcurrency(context.Context) Check {
	limit, limitErr := e.limit()
	if _, err := e.function(); err != nil {
		return skipped("not looked at without the function")
	}
	reserved, reservedErr := e.reserved()
	switch {
	case reservedErr != nil:
		return e.explain(reservedErr, "lambda:GetFunctionConcurrency")
	case reserved != nil:
		return e.againstReserved(int(*reserved))
	case limitErr != nil:
		return e.explain(limitErr, "lambda:GetAccountSettings")
	}
	return e.againstAccount(int(aws.ToInt32(limit.UnreservedConcurrentExecutions)), int(limit.ConcurrentExecutions))
}

func (e *exam) againstReserved(reserved int) Check {
	n, name := e.o.Config.InFlight(), e.o.Config.FunctionName+" --region "+e.o.Config.Region
	found := fmt.Sprintf("%s in flight, %s reserved for the function", count(n), count(reserved))
	switch {
	case reserved == 0:
		return failed("aws lambda delete-function-concurrency --function-name "+name, "the function is turned off: no concurrency is left to it (0 reserved)")
	case n > reserved:
		return failed(fmt.Sprintf("--concurrency %d, or aws lambda put-function-concurrency --function-name %s --reserved-concurrent-executions %d", reserved, name, n),
			"too few: %s", found)
	}
	return ok("%s", found)
}

func (e *exam) againstAccount(free, all int) Check {
	n := e.o.Config.InFlight()
	found := fmt.Sprintf("%s in flight, %s of the account's %s unreserved", count(n), count(free), count(all))
	raise := fmt.Sprintf("aws service-quotas request-service-quota-increase --service-code lambda --quota-code %s --region %s --desired-value ", concurrencyQuota, e.o.Config.Region)
	switch {
	case n > free:
		return failed(fmt.Sprintf("--concurrency %d, or %s%d", free, raise, all+n-free), "too few: %s", found)
	case n == free:
		return warning(fmt.Sprintf("--concurrency %d, or %s%d", free-free/10, raise, 2*all), "%s: all of it, so other functions are throttled meanwhile, and this one by them", found)
	}
	return ok("%s", found)
}

// checkBudget compares the plan's connections with the cluster's quota and its rate of new
// connections.
func (e *exam) checkBudget(context.Context) Check {
	n, rate := e.o.Config.InFlight(), e.o.Config.ConnectRate
	further := max(0, n-bench.ConnectBurst)
	ramp := time.Duration(further) * time.Second / bench.DefaultConnectRate
	found := fmt.Sprintf("%s connections: %s at once, then %d a second", count(n), count(min(n, bench.ConnectBurst)), bench.DefaultConnectRate)
	switch {
	case n > clusterConnections:
		return failed(fmt.Sprintf("--concurrency %d, or a higher quota of connections for the cluster", clusterConnections),
			"%s connections, and a cluster admits %s by default", count(n), count(clusterConnections))
	case further > 0 && (rate == 0 || rate > bench.DefaultConnectRate):
		return warning(fmt.Sprintf("--connect-rate %d", bench.DefaultConnectRate), "%s; without the driver holding back to that, %s of them are refused at first", found, count(further))
	case further > 0 && rate < bench.DefaultConnectRate:
		ramp = time.Duration(further) * time.Second / time.Duration(rate)
		return ok("%s connections: %s at once, then %d a second as asked for, the last after %s", count(n), count(bench.ConnectBurst), rate, ramp.Round(time.Second))
	case further > 0:
		return ok("%s, the last after %s", found, ramp.Round(time.Second))
	}
	return ok("%s connections at once, %s are admitted in a burst", count(n), count(bench.ConnectBurst))
}
