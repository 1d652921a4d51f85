package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"dsql-load-test/internal/bench"
)

// explain says why CloudWatch answered nothing, and what cures it.
func explain(err error) string {
	if e := new(credentialError); errors.As(err, &e) {
		return oneLine(e) + " (aws sts get-caller-identity says whether they are good)"
	}
	var api smithy.APIError
	var network *net.OpError
	switch {
	case errors.As(err, &api):
		return refused(api)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("CloudWatch did not answer within %v", fetchTimeout)
	case errors.As(err, &network):
		return "CloudWatch did not answer: " + oneLine(network)
	}
	return "CloudWatch did not answer: " + oneLine(err)
}

// refused says what an error of the API means.
func refused(api smithy.APIError) string {
	said := api.ErrorCode() + ": " + api.ErrorMessage()
	switch code := api.ErrorCode(); {
	case strings.HasPrefix(code, "AccessDenied") || code == "UnauthorizedOperation":
		return "CloudWatch refuses: the caller lacks the action cloudwatch:GetMetricData (" + said + ")"
	case strings.HasPrefix(code, "Throttl") || code == "RequestLimitExceeded" || code == "LimitExceededException":
		return fmt.Sprintf("CloudWatch throttled %d requests: driver cloudwatch RESULTS asks again later (%s)", attempts, said)
	case strings.HasPrefix(code, "ExpiredToken"), code == "InvalidClientTokenId", code == "UnrecognizedClientException", code == "SignatureDoesNotMatch":
		return "CloudWatch takes the AWS credentials for expired or wrong (" + said + ")"
	}
	return "CloudWatch refuses (" + said + ")"
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// partial names the metrics of which CloudWatch says that it didn't answer all.
func partial(all []found) string {
	var names, said []string
	for _, f := range all {
		if f.status == types.StatusCodeComplete {
			continue
		}
		status := string(f.status)
		if status == "" {
			status = "no answer"
		}
		names = append(names, fmt.Sprintf("%s %s (%s)", f.metric.Name, f.metric.Statistic, status))
		if f.said != "" && !slices.Contains(said, f.said) {
			said = append(said, f.said)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(append([]string{"CloudWatch answered only a part: " + strings.Join(names, ", ")}, said...), "; ")
}

// missing says of which of the two there is no data at all.
func missing(o Options, c *bench.CloudWatch) string {
	has := map[string]bool{}
	for _, m := range c.Metrics {
		has[m.Namespace] = has[m.Namespace] || len(m.Points) > 0
	}
	var problems []string
	none := false
	when := fmt.Sprintf("from %s to %s in %s", c.From.Format(time.RFC3339), c.To.Format("15:04"), o.Region)
	switch {
	case o.ClusterID == "":
		problems = append(problems, "which cluster it was is not known (--cluster names it)")
	case !has[Cluster]:
		none = true
		problems = append(problems, "CloudWatch has no data of the cluster "+o.ClusterID+" "+when)
	}
	switch {
	case o.FunctionName == "":
		problems = append(problems, "which function it was is not known")
	case !has[Function]:
		none = true
		problems = append(problems, "CloudWatch has no data of the function "+functionName(o.FunctionName)+" "+when)
	}
	if none && !c.Complete {
		problems = append(problems, "it may come yet, for the metrics lag by some minutes")
	}
	return strings.Join(problems, "; ")
}
