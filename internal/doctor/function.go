package doctor

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/secret"
)

// maxTimeout is the longest that Lambda lets a function run.
const maxTimeout = 15 * time.Minute

func (e *exam) lambda(a access) *lambda.Client {
	return lambda.NewFromConfig(a.config, func(o *lambda.Options) {
		if e.o.EndpointURL != "" {
			o.BaseEndpoint = aws.String(e.o.EndpointURL)
		}
	})
}

func (e *exam) askFunction(ctx context.Context, a access) (*lambda.GetFunctionConfigurationOutput, error) {
	return e.lambda(a).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(e.o.Config.FunctionName)})
}

func (e *exam) checkFunction(context.Context) Check {
	name, region := e.o.Config.FunctionName, e.o.Config.Region
	f, err := e.function()
	switch {
	case err != nil && regionOfARN(name) != "" && regionOfARN(name) != region:
		return skipped("not looked at in %s: see region", region)
	case errors.As(err, new(*types.ResourceNotFoundException)):
		return failed("sam deploy (docs/aws.md), or name another: --function-name, --region (aws lambda list-functions --region "+region+")",
			"there is no function %s in %s", name, region)
	case e.o.EndpointURL != "" && foreign(err) != 0:
		return warning("", "%s returns nothing about its functions; it may know the Invoke API alone", secret.Address(e.o.EndpointURL))
	case err != nil:
		return e.explain(err, "lambda:GetFunctionConfiguration")
	}
	found := describe(f)
	switch f.State {
	case types.StateActive, "":
	case types.StateInactive:
		return warning("invoke it once: aws lambda invoke --function-name "+name+" --region "+region+" /dev/null", "%s is idle (Inactive): its first calls fail until it is awake", found)
	case types.StatePending:
		return failed("aws lambda wait function-active-v2 --function-name "+name+" --region "+region, "%s isn't ready yet (Pending): %s", found, aws.ToString(f.StateReason))
	default:
		return failed("sam deploy again (docs/aws.md)", "%s can't be invoked (%s): %s", found, f.State, aws.ToString(f.StateReason))
	}
	switch {
	case f.LastUpdateStatus == types.LastUpdateStatusInProgress:
		return warning("aws lambda wait function-updated-v2 --function-name "+name+" --region "+region, "%s is being updated: calls meet the old code or the new", found)
	case f.LastUpdateStatus == types.LastUpdateStatusFailed:
		return warning("sam deploy again (docs/aws.md)", "%s: its last update failed, so the code before runs: %s", found, aws.ToString(f.LastUpdateStatusReason))
	case f.PackageType != types.PackageTypeImage && f.Runtime != types.RuntimeProvidedal2023 && f.Runtime != types.RuntimeProvidedal2:
		return warning("deploy lambda/ with the runtime provided.al2023 (docs/aws.md)", "%s: its runtime isn't provided.al2023, so this may be another program", found)
	}
	return ok("%s", found)
}

// describe returns a function in one line.
func describe(f *lambda.GetFunctionConfigurationOutput) string {
	runtime := string(f.Runtime)
	if f.PackageType == types.PackageTypeImage {
		runtime = "container image"
	}
	return aws.ToString(f.FunctionName) + " " + aws.ToString(f.Version) + ": " + runtime + ", " + string(architecture(f)) + ", " +
		count(aws.ToInt32(f.MemorySize)) + " MB, " + strconv.FormatFloat(float64(f.CodeSize)/1e6, 'f', 1, 64) + " MB of code"
}

// architecture returns x86_64 if none is named, like Lambda.
func architecture(f *lambda.GetFunctionConfigurationOutput) types.Architecture {
	if len(f.Architectures) == 0 {
		return types.ArchitectureX8664
	}
	return f.Architectures[0]
}

func (e *exam) checkArchitecture(context.Context) Check {
	f, err := e.function()
	if err != nil {
		return skipped("not looked at without the function")
	}
	has := string(architecture(f))
	if !strings.HasPrefix(string(f.Runtime), "provided") && f.PackageType != types.PackageTypeImage {
		return ok("%s, with a runtime of Lambda's own", has) // the code runs on either
	}
	if has != e.o.Architecture {
		return failed("sam deploy again for "+e.o.Architecture+" (docs/aws.md), or --architecture "+has+" when its code was built for that",
			"the function is set to %s, its code is built for %s: no invocation could start", has, e.o.Architecture)
	}
	return ok("%s", e.o.Architecture)
}

// The assumed duration of a plan, to check the function's time-out: DSQL takes about 5 ms
// for a warm insert, and four times that leaves room for conflicts; a batch of 100 rows is
// assumed to take 100 ms.
const (
	coldStart    = time.Second
	perStatement = 20 * time.Millisecond
	perRow       = 800 * time.Microsecond // each further row of a statement
)

// needed returns the assumed duration of the longest invocation of a run.
func needed(c *bench.Config) time.Duration {
	longest := time.Duration(0)
	for _, p := range c.Plans("") {
		inv := p.Invocation(0)
		statement := perStatement + time.Duration(inv.RowsPerStatement()-1)*perRow
		longest = max(longest, coldStart+time.Duration(inv.Statements())*statement)
	}
	return longest
}

// usable returns how much of a time-out an invocation can insert for: the worker keeps a
// tenth of it, at most 2 s, for its response.
func usable(timeout time.Duration) time.Duration { return timeout - min(timeout/10, 2*time.Second) }

func (e *exam) checkTimeout(context.Context) Check {
	f, err := e.function()
	if err != nil {
		return skipped("not looked at without the function")
	}
	timeout := time.Duration(aws.ToInt32(f.Timeout)) * time.Second
	need := needed(&e.o.Config)
	cure := "fewer --iterations, or a smaller --count"
	if long := 2*need + 2*time.Second; long < maxTimeout {
		cure = "aws lambda update-function-configuration --function-name " + e.o.Config.FunctionName + " --region " + e.o.Config.Region +
			" --timeout " + strconv.Itoa(int(math.Ceil(long.Seconds()))) + "; or " + cure
	} else if timeout < maxTimeout {
		cure += ", or the longest --timeout of 900 s"
	}
	const format = "%s, of which %s can be used; an invocation of the plan needs about %s (%s a statement, %s each further row, %s to start)"
	args := []any{timeout, usable(timeout), need.Round(time.Millisecond), perStatement, perRow, coldStart}
	switch {
	case need > usable(timeout):
		return failed(cure, "too short: "+format, args...)
	case 2*need > usable(timeout):
		return warning(cure, "tight: "+format, args...)
	}
	return ok(format, args...)
}

// benchFunction returns the function as in the results; nil if it wasn't found.
func (e *exam) benchFunction() *bench.Function {
	f, err := e.function()
	if err != nil {
		return nil
	}
	b := &bench.Function{
		Name: aws.ToString(f.FunctionName), Runtime: string(f.Runtime), Architecture: string(architecture(f)),
		MemoryMB: int64(aws.ToInt32(f.MemorySize)), TimeoutSeconds: float64(aws.ToInt32(f.Timeout)),
		Version: aws.ToString(f.Version), CodeSHA256: aws.ToString(f.CodeSha256),
	}
	if a, err := e.functionAddress(); err == nil {
		b.Cluster = a.Host // the cluster's name, also behind a VPC endpoint
	}
	return b
}

// unqualified returns a function's name or ARN without version or alias.
func unqualified(name string) string {
	parts := strings.Split(name, ":")
	switch {
	case len(parts) == 8 && parts[0] == "arn": // arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER
		return strings.Join(parts[:7], ":")
	case len(parts) == 2: // NAME:QUALIFIER
		return parts[0]
	}
	return name
}
