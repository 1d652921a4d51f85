package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"dsql-load-test/internal/local/lambda"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	padding := func(n int) []byte { return append(bytes.Repeat([]byte(" "), n-2), "{}"...) }
	for _, tc := range []struct {
		name, function string
		kind           types.InvocationType
		payload        []byte
		status         int
		code           string
	}{
		{"unknown function", "lord", types.InvocationTypeRequestResponse, []byte("{}"), 404, "ResourceNotFoundException"},
		{"unknown ARN", "arn:aws:lambda:us-east-1:123456789012:function:lord", types.InvocationTypeRequestResponse, []byte("{}"), 404, "ResourceNotFoundException"},
		{"a byte too large", "load", types.InvocationTypeRequestResponse, padding(lambda.MaxRequest + 1), 413, "RequestTooLargeException"},
		{"much too large", "load", types.InvocationTypeRequestResponse, padding(2 * lambda.MaxRequest), 413, "RequestTooLargeException"},
		{"no JSON", "load", types.InvocationTypeRequestResponse, []byte("{"), 400, "InvalidRequestContentException"},
		{"asynchronous", "load", types.InvocationTypeEvent, []byte("{}"), 400, "InvalidParameterValueException"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := f.client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: &tc.function, Payload: tc.payload, InvocationType: tc.kind})
			var api smithy.APIError
			var status interface{ HTTPStatusCode() int }
			if !errors.As(err, &api) || !errors.As(err, &status) {
				t.Fatalf("error %v, want an API error", err)
			}
			if api.ErrorCode() != tc.code || status.HTTPStatusCode() != tc.status {
				t.Errorf("%d %s, want %d %s", status.HTTPStatusCode(), api.ErrorCode(), tc.status, tc.code)
			}
			if api.ErrorMessage() == "" {
				t.Error("no message")
			}
		})
	}
	t.Run("the largest request is taken", func(t *testing.T) {
		out, err := f.client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("load"), Payload: padding(lambda.MaxRequest)})
		if err != nil {
			t.Fatal(err)
		}
		f.answerOf(out)
	})
}

func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *lambda.Options) { o.ConcurrencyLimit = 1 })
	folder := t.TempDir()
	held := f.background(order{Do: "meet", Folder: folder, N: 2})
	arrived(t, folder, 1)

	_, err := f.try(order{Do: "echo"})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) {
		t.Fatalf("error %v, want TooManyRequestsException", err)
	}
	if throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded || aws.ToString(throttled.RetryAfterSeconds) != "1" {
		t.Errorf("reason %q, retry after %q", throttled.Reason, aws.ToString(throttled.RetryAfterSeconds))
	}
	join(t, folder)
	f.answerOf(f.await(held))
	f.ok(order{Do: "echo"}) // the place is free again
}
