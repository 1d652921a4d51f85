package lambda_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"dsql-load-test/internal/local/lambda"
)

func TestFunctionNames(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, tc := range []struct{ name, function string }{
		{"name", "load"},
		{"name and qualifier", "load:$LATEST"},
		{"ARN", "arn:aws:lambda:us-east-1:000000000000:function:load"},
		{"ARN and qualifier", "arn:aws:lambda:us-east-1:000000000000:function:load:$LATEST"},
		{"partial ARN", "000000000000:function:load"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, err := f.send(tc.function, order{Do: "echo", Text: tc.name}, types.LogTypeNone)
			if err != nil {
				t.Fatal(err)
			}
			a := f.answerOf(out)
			if a.Text != tc.name || a.Name != "load" || a.Pid == os.Getpid() {
				t.Errorf("answer %+v, want the text back from function load in another process", a)
			}
			if got := aws.ToString(out.ExecutedVersion); got != "$LATEST" {
				t.Errorf("executed version %q", got)
			}
		})
	}
}

// All names are one function's, and each call tells the ARN of the name invoked.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:lambda:eu-west-1:123456789012:function:theirs"
	f := start(t, func(o *lambda.Options) { o.OtherNames = []string{"mine", foreign + ":live", "load", "my-function"} })
	environments := map[int]bool{}
	for called, arn := range map[string]string{
		"load":                "arn:aws:lambda:us-east-1:000000000000:function:load",
		"my-function:$LATEST": "arn:aws:lambda:us-east-1:000000000000:function:my-function",
		"mine":                "arn:aws:lambda:us-east-1:000000000000:function:mine",
		"arn:aws:lambda:us-east-1:000000000000:function:mine:$LATEST": "arn:aws:lambda:us-east-1:000000000000:function:mine",
		"theirs": foreign + ":live", foreign: foreign + ":live", foreign + ":live": foreign + ":live",
	} {
		out, err := f.send(called, order{Do: "echo"}, types.LogTypeNone)
		if err != nil {
			t.Errorf("%s: %v", called, err)
			continue
		}
		a := f.answerOf(out)
		environments[a.Pid] = true
		if a.ARN != arn || a.Name != "load" {
			t.Errorf("%s: ARN %s of function %s, want %s of load", called, a.ARN, a.Name, arn)
		}
	}
	if len(environments) != 1 {
		t.Errorf("%d environments served calls that came one after the other", len(environments))
	}
	for called, arn := range map[string]string{
		"other": "arn:aws:lambda:us-east-1:000000000000:function:other", "mine:live": "arn:aws:lambda:us-east-1:000000000000:function:mine:live",
		"arn:aws:lambda:eu-west-1:123456789012:function:mine": "arn:aws:lambda:eu-west-1:123456789012:function:mine",
	} {
		_, err := f.send(called, order{Do: "echo"}, types.LogTypeNone)
		missing := new(types.ResourceNotFoundException)
		if !errors.As(err, &missing) || missing.ErrorMessage() != "Function not found: "+arn {
			t.Errorf("%s: %v, want that %s isn't found", called, err, arn)
		}
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"f": true, "my_load-test": true, "f:7": true, "f:live": true, "f:$LATEST": true, "123456789012:function:f": true, "my-function:7": true, "function:f": true,
		"arn:aws:lambda:eu-west-1:123456789012:function:f": true, "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:live": true,
		"": false, "a b": false, "f:": false, "f:$OTHER": false, "f/x": false, "ä": false, strings.Repeat("f", 65): false, "arn:aws:lambda:f": false,
		"arn:aws:sqs:eu-west-1:123456789012:function:f": false, "a:b:c": false, "f\n": false,
	} {
		if got := lambda.ValidName(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}

// No version was published, and an alias is there only when the service was told
// of it.
func TestQualifiers(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:eu-west-1:123456789012:function:load"
	plain, told := start(t, nil), start(t, func(o *lambda.Options) { o.FunctionName = arn + ":live" })
	for _, tc := range []struct {
		name                string
		f                   fixture
		function, qualifier string
		want                string // the error's text; empty when it is served
	}{
		{"latest", plain, "load", "$LATEST", ""},
		{"latest, twice", plain, "load:$LATEST", "$LATEST", ""},
		{"a version", plain, "load", "7", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:7"},
		{"a version in the name", plain, "load:7", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:7"},
		{"an alias", plain, "load", "live", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:load:live"},
		{"two qualifiers", plain, "load:7", "8", "InvalidParameterValueException: The derived qualifier from the function name does not match the specified qualifier."},
		{"another account", plain, "123456789012:function:load", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:load"},
		{"another region", plain, "arn:aws:lambda:eu-west-1:000000000000:function:load", "", "ResourceNotFoundException: Function not found: arn:aws:lambda:eu-west-1:000000000000:function:load"},
		{"the ARN told", told, arn + ":live", "", ""},
		{"the name alone", told, "load", "", ""},
		{"the alias told", told, "load", "live", ""},
		{"another alias", told, "load", "test", "ResourceNotFoundException: Function not found: " + arn + ":test"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, kind := range []types.InvocationType{types.InvocationTypeRequestResponse, types.InvocationTypeDryRun} {
				input := &sdk.InvokeInput{FunctionName: &tc.function, Payload: []byte(`{"Do":"echo"}`), InvocationType: kind}
				if tc.qualifier != "" {
					input.Qualifier = &tc.qualifier
				}
				_, err := tc.f.client.Invoke(context.Background(), input)
				var api smithy.APIError
				got := ""
				if errors.As(err, &api) {
					got = api.ErrorCode() + ": " + api.ErrorMessage()
				}
				if got != tc.want || (err == nil) != (tc.want == "") {
					t.Errorf("%s: %v, want %q", kind, err, tc.want)
				}
			}
		})
	}
}
