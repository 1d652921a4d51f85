package cloudwatch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"dsql-load-test/internal/quote"
)

const (
	// rangePath is the operation QueryMetrics over a range of time (CloudWatch User Guide,
	// "Prometheus-compatible APIs"). Requests to it are signed for the service monitoring.
	rangePath = "/api/v1/query_range"
	signedFor = "monitoring"

	maxSeries  = 100                // that are asked for: DSQL has about a dozen wait events
	maxRange   = 7 * 24 * time.Hour // of a request, by CloudWatch's limits
	maxAnswer  = 16 << 20           // bytes of an answer
	maxRefusal = 64 << 10           // bytes of an error that are read
)

// promQL queries CloudWatch in the language of Prometheus. The SDK has no call for it.
type promQL struct {
	client   cloudwatch.Options
	url      string
	now      func() time.Time
	attempts int
	backoff  time.Duration // before the second attempt, then twice as long each time
}

// newPromQL returns a promQL with the credentials, the endpoint and the HTTP client of the SDK's
// client.
func newPromQL(ctx context.Context, client *cloudwatch.Client, o Options) (*promQL, error) {
	p := &promQL{client: client.Options(), now: o.Now, attempts: attempts, backoff: min(cmp.Or(o.MaxBackoff, time.Second), time.Second)}
	at, err := p.client.EndpointResolverV2.ResolveEndpoint(ctx, cloudwatch.EndpointParameters{
		Region: aws.String(p.client.Region), Endpoint: p.client.BaseEndpoint,
		UseFIPS:      aws.Bool(p.client.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(p.client.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		return nil, err
	}
	p.url = at.URI.JoinPath(rangePath).String()
	return p, nil
}

// promQLRange is a query whose value is asked for at From, and each Step later until To, which is
// included.
type promQLRange struct {
	Query    string
	From, To time.Time
	Step     time.Duration
}

// refusal is an answer that isn't a result.
type refusal struct {
	status int
	said   string
}

func (r *refusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP status %d: %s", r.status, r.said))
}

// passing reports whether the same request may succeed a little later.
func (r *refusal) passing() bool { return r.status == http.StatusTooManyRequests || r.status >= 500 }

// ask sends the query, again if the refusal may pass, and returns the body of the answer.
func (p *promQL) ask(ctx context.Context, q promQLRange) ([]byte, error) {
	form := url.Values{
		"query": {q.Query}, "start": {strconv.FormatInt(q.From.Unix(), 10)}, "end": {strconv.FormatInt(q.To.Unix(), 10)},
		"step": {strconv.Itoa(int(q.Step / time.Second))}, "limit": {strconv.Itoa(maxSeries)},
	}.Encode()
	wait := p.backoff
	for attempt := 1; ; attempt++ {
		body, err := p.send(ctx, form)
		r, refused := err.(*refusal)
		if err == nil || !refused || !r.passing() || attempt == p.attempts {
			return body, err
		}
		select {
		case <-time.After(wait):
			wait *= 2
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// send sends one signed request.
func (p *promQL) send(ctx context.Context, form string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	credentials, err := p.client.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, &credentialError{err}
	}
	hash := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), signedFor, p.client.Region, p.now()); err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	response, err := p.client.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read, or isn't wanted
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // what came is said
		return nil, &refusal{response.StatusCode, refusalText(text)}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	}
	return body, nil
}

// refusalText returns the message in an error's body: of Prometheus or of AWS, else the body's
// beginning.
func refusalText(body []byte) string {
	var known struct {
		Error   string `json:"error"`
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	const most = 300 // bytes of another body
	if json.Unmarshal(body, &known) == nil {
		if text := strings.Trim(known.Type+": "+cmp.Or(known.Error, known.Message), ": "); text != "" {
			return quote.Collapse(fmt.Errorf("%s", text))
		}
	}
	return quote.Collapse(fmt.Errorf("%s", bytes.TrimSpace(body[:min(len(body), most)])))
}
