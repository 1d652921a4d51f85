package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
)

// withoutFunction is what can't be looked at when the function can't.
func withoutFunction(more ...string) []string {
	const without = " not looked at without the function"
	return append(more,
		"skipped architecture:"+without, "skipped time-out:"+without, "skipped environment:"+without, "skipped concurrency:"+without,
		"skipped cluster:"+without, "skipped connection:"+without,
		"skipped login: not looked at without a connection", "skipped table: not looked at without a login")
}

// withoutCredentials is what can't be looked at without them.
func withoutCredentials(first string) []string {
	return withoutFunction(first, "skipped identity: not looked at without credentials", "skipped function: not looked at without credentials")
}

// One wrong thing about the function is told once, with its cure.
func TestFunction(t *testing.T) {
	at := " --function-name dsql-load-test --region us-east-1"
	described := "dsql-load-test $LATEST: provided.al2023, arm64, 1,024 MB, 9.4 MB of code"
	for name, c := range map[string]struct {
		change func(*scene)
		want   []string
	}{
		"missing": {
			func(s *scene) { s.account.Functions = nil },
			withoutFunction("failed function: there is no function dsql-load-test in us-east-1 | " +
				"sam deploy (docs/aws.md), or name another: --function-name, --region (aws lambda list-functions --region us-east-1)"),
		},
		"not allowed": {
			func(s *scene) { s.account.Denied = []string{"lambda:GetFunctionConfiguration"} },
			withoutFunction("warning function: lambda:GetFunctionConfiguration is not allowed, so this can't be looked at | " +
				"allow lambda:GetFunctionConfiguration to arn:aws:iam::123456789012:user/engineer (docs/aws.md has the policy)"),
		},
		"trouble at AWS": {
			func(s *scene) {
				s.account.Refusals = map[string]awsapi.Refusal{"lambda:GetFunctionConfiguration": {Status: 503, Code: "ServiceException", Message: "An error occurred."}}
			},
			withoutFunction("failed function: lambda:GetFunctionConfiguration: AWS answered 503 (ServiceException) | " +
				"try again; https://health.aws.amazon.com shows AWS's own troubles"),
		},
		"unknown error": {
			func(s *scene) {
				s.account.Refusals = map[string]awsapi.Refusal{"lambda:GetFunctionConfiguration": {Status: 400, Code: "InvalidParameterValueException", Message: "1 validation error\n detected"}}
			},
			withoutFunction("failed function: lambda:GetFunctionConfiguration: InvalidParameterValueException: 1 validation error detected"),
		},
		"throttled": {
			func(s *scene) {
				s.account.Refusals = map[string]awsapi.Refusal{"lambda:GetFunctionConfiguration": {Status: 429, Code: "TooManyRequestsException", Message: "Rate exceeded"}}
			},
			withoutFunction("warning function: lambda:GetFunctionConfiguration is throttled (TooManyRequestsException) | try again"),
		},
		"pending": {
			func(s *scene) {
				s.function(func(f *awsapi.Function) { f.State, f.StateReason = "Pending", "The function is being created." })
			},
			[]string{"failed function: " + described + " isn't ready yet (Pending): The function is being created. | aws lambda wait function-active-v2" + at},
		},
		"idle": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.State = "Inactive" }) },
			[]string{"warning function: " + described + " is idle (Inactive): its first calls fail until it is awake | invoke it once: aws lambda invoke" + at + " /dev/null"},
		},
		"failed": {
			func(s *scene) {
				s.function(func(f *awsapi.Function) { f.State, f.StateReason = "Failed", "The image is gone." })
			},
			[]string{"failed function: " + described + " can't be invoked (Failed): The image is gone. | sam deploy again (docs/aws.md)"},
		},
		"being updated": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.LastUpdateStatus = "InProgress" }) },
			[]string{"warning function: " + described + " is being updated: calls meet the old code or the new | aws lambda wait function-updated-v2" + at},
		},
		"update failed": {
			func(s *scene) {
				s.function(func(f *awsapi.Function) { f.LastUpdateStatus, f.LastUpdateStatusReason = "Failed", "Bad zip." })
			},
			[]string{"warning function: " + described + ": its last update failed, so the code before runs: Bad zip. | sam deploy again (docs/aws.md)"},
		},
		"another runtime": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.Runtime = "python3.13" }) },
			[]string{"warning function: dsql-load-test $LATEST: python3.13, arm64, 1,024 MB, 9.4 MB of code: its runtime isn't provided.al2023, so this may be another program | " +
				"deploy lambda/ with the runtime provided.al2023 (docs/aws.md)"},
		},
		"a container image": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.Runtime, f.PackageType = "", "Image" }) },
			nil,
		},
		"wrong architecture": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.Architecture = "x86_64" }) },
			[]string{"failed architecture: the function is set to x86_64, its code is built for arm64: no invocation could start | " +
				"sam deploy again for arm64 (docs/aws.md), or --architecture x86_64 when its code was built for that"},
		},
		"the other architecture, as asked for": {
			func(s *scene) {
				s.function(func(f *awsapi.Function) { f.Architecture = "x86_64" })
				s.options.Architecture = "x86_64"
			},
			nil,
		},
		"a time-out shorter than the plan": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.TimeoutSeconds = 2 }) },
			[]string{"failed time-out: too short: 2s, of which 1.8s can be used; an invocation of the plan needs about 1.992s (20ms a statement, 800µs each further row, 1s to start) | " +
				"aws lambda update-function-configuration" + at + " --timeout 6; or fewer --iterations, or a smaller --count"},
		},
		"a tight time-out": {
			func(s *scene) { s.function(func(f *awsapi.Function) { f.TimeoutSeconds = 3 }) },
			[]string{"warning time-out: tight: 3s, of which 2.7s can be used; an invocation of the plan needs about 1.992s (20ms a statement, 800µs each further row, 1s to start) | " +
				"aws lambda update-function-configuration" + at + " --timeout 6; or fewer --iterations, or a smaller --count"},
		},
		"a plan longer than any time-out": {
			func(s *scene) { s.options.Config.Batch.Iterations = 20_000 },
			[]string{"failed time-out: too short: 5m0s, of which 4m58s can be used; an invocation of the plan needs about 33m5s (20ms a statement, 800µs each further row, 1s to start) | " +
				"fewer --iterations, or a smaller --count, or the longest --timeout of 900 s"},
		},
		"no reserved concurrency to be seen": {
			func(s *scene) { s.account.Denied = []string{"lambda:GetFunctionConcurrency"} },
			[]string{"warning concurrency: lambda:GetFunctionConcurrency is not allowed, so this can't be looked at | " +
				"allow lambda:GetFunctionConcurrency to arn:aws:iam::123456789012:user/engineer (docs/aws.md has the policy)"},
		},
		"no account settings to be seen": {
			func(s *scene) { s.account.Denied = []string{"lambda:GetAccountSettings"} },
			[]string{"warning concurrency: lambda:GetAccountSettings is not allowed, so this can't be looked at | " +
				"allow lambda:GetAccountSettings to arn:aws:iam::123456789012:user/engineer (docs/aws.md has the policy)"},
		},
		"account's concurrency under the plan": {
			func(s *scene) { s.account.Unreserved, s.account.Concurrency = 10, 10 },
			[]string{"failed concurrency: too few: 100 in flight, 10 of the account's 10 unreserved | " +
				"--concurrency 10, or aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --region us-east-1 --desired-value 100"},
		},
		"all of the account's concurrency": {
			func(s *scene) { s.account.Unreserved, s.account.Concurrency = 100, 100 },
			[]string{"warning concurrency: 100 in flight, 100 of the account's 100 unreserved: all of it, so other functions are throttled meanwhile, and this one by them | " +
				"--concurrency 90, or aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --region us-east-1 --desired-value 200"},
		},
		"reserved concurrency under the plan": {
			func(s *scene) { s.reserved(99) },
			[]string{"failed concurrency: too few: 100 in flight, 99 reserved for the function | " +
				"--concurrency 99, or aws lambda put-function-concurrency" + at + " --reserved-concurrent-executions 100"},
		},
		"enough reserved, though the account has little": {
			func(s *scene) { s.reserved(100); s.account.Unreserved = 50 },
			nil,
		},
		"turned off": {
			func(s *scene) { s.reserved(0) },
			[]string{"failed concurrency: the function is turned off: no concurrency is left to it (0 reserved) | aws lambda delete-function-concurrency" + at},
		},
		"fewer in flight by --concurrency": {
			func(s *scene) { s.reserved(10); s.options.Config.Concurrency = 10 },
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			c.change(s)
			if diff := cmp.Diff(c.want, wrong(s.check(t))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
