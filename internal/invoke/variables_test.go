package invoke

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/surroundings"
)

// Nothing in the environment has a part in a call of a service of our own: it comes
// there once, and as without.
func TestOwnClientVariables(t *testing.T) {
	var calls []http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Host", r.Host)
		r.Header.Set("Path", r.URL.String())
		calls = append(calls, r.Header)
		w.WriteHeader(http.StatusTooManyRequests) // which the SDK would repeat
	}))
	t.Cleanup(server.Close)
	call := func() http.Header {
		calls = nil
		c, err := NewClient(context.Background(), Options{FunctionName: "f", Region: "eu-west-1", EndpointURL: server.URL, Own: true, Concurrency: 3, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.api.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{}`)})
		if len(calls) != 1 {
			t.Fatalf("%d calls, %v", len(calls), err)
		}
		h := calls[0]
		credentials, _, _ := strings.Cut(h.Get("Authorization"), "Signature=")
		h.Set("Authorization", strings.ReplaceAll(credentials, time.Now().UTC().Format("20060102"), "today"))
		for _, name := range []string{"X-Amz-Date", "Amz-Sdk-Invocation-Id", "User-Agent"} { // others each time, and what nobody looks at
			h.Del(name)
		}
		return h
	}
	want := call()
	for _, v := range surroundings.All(t) {
		for _, kind := range []string{"nonsense", "hostile"} {
			t.Run(v.Name+"/"+kind, func(t *testing.T) {
				t.Setenv(v.Name, v.Value(kind))
				if diff := cmp.Diff(want, call()); diff != "" {
					t.Errorf("-without +with\n%s", diff)
				}
			})
		}
	}
}
