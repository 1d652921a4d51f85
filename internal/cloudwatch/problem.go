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
	"dsql-load-test/internal/quote"
)

// explain returns the reason why CloudWatch returned nothing, and a remedy.
func explain(err error) string {
	if e := new(credentialError); errors.As(err, &e) {
		return quote.Collapse(e) + " (aws sts get-caller-identity checks them)"
	}
	var api smithy.APIError
	var network *net.OpError
	switch {
	case errors.As(err, &api):
		return refused(api)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("CloudWatch did not answer within %v", fetchTimeout)
	case errors.As(err, &network):
		return "CloudWatch did not answer: " + quote.Collapse(network)
	}
	return "CloudWatch did not answer: " + quote.Collapse(err)
}

// refused explains an error of the API.
func refused(api smithy.APIError) string {
	said := api.ErrorCode() + ": " + api.ErrorMessage()
	switch code := api.ErrorCode(); {
	case strings.HasPrefix(code, "AccessDenied") || code == "UnauthorizedOperation":
		return "CloudWatch refuses: the caller lacks the action cloudwatch:GetMetricData (" + said + ")"
	case strings.HasPrefix(code, "Throttl") || code == "RequestLimitExceeded" || code == "LimitExceededException":
		return fmt.Sprintf("CloudWatch throttled %d requests: driver cloudwatch RESULTS asks again later (%s)", attempts, said)
	case strings.HasPrefix(code, "ExpiredToken"), code == "InvalidClientTokenId", code == "UnrecognizedClientException", code == "SignatureDoesNotMatch":
		return "CloudWatch says that the AWS credentials are expired or wrong (" + said + ")"
	}
	return "CloudWatch refuses (" + said + ")"
}

// partial lists the metrics for which CloudWatch didn't return all data; empty if there are none.
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
	return strings.Join(append([]string{"CloudWatch returned only a part: " + strings.Join(names, ", ")}, said...), "; ")
}

// missing says that there is no data of the cluster or the function.
func missing(o Options, c *bench.CloudWatch) string {
	has := func(namespace string) bool {
		return slices.ContainsFunc(c.Metrics, func(m bench.CloudWatchMetric) bool { return m.Namespace == namespace && len(m.Points) > 0 })
	}
	var problems []string
	none := false
	when := fmt.Sprintf("from %s to %s in %s", c.From.Format(time.RFC3339), c.To.Format("15:04"), o.Region)
	switch {
	case o.ClusterID == "":
		problems = append(problems, "the cluster is unknown (--cluster sets it)")
	case !has(Cluster):
		none = true
		problems = append(problems, "CloudWatch has no data of the cluster "+o.ClusterID+" "+when)
	}
	switch {
	case o.FunctionName == "":
		problems = append(problems, "the function is unknown")
	case !has(Function):
		none = true
		problems = append(problems, "CloudWatch has no data of the function "+functionName(o.FunctionName)+" "+when)
	}
	if none && !c.Complete {
		problems = append(problems, "it may still come, because the metrics lag by some minutes")
	}
	return strings.Join(problems, "; ")
}
