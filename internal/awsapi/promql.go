package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// SessionSample is one point of CloudWatch's metric db.active_sessions.avg.
type SessionSample struct {
	Cluster, Application, Event, Query string // labels
	At                                 time.Time
	Value                              float64
}

// PromQLRefusal is an answer of the Prometheus-compatible API that stands for a result.
type PromQLRefusal struct {
	Status int
	Body   string
}

// promQL is the Prometheus-compatible API: QueryMetrics over a range, for sums of sessions.
type promQL struct {
	samples  []SessionSample
	refusals []PromQLRefusal
	asked    []string // the PromQL of each request whose signature is right
}

// PutSessions adds samples of sessions.
func (c *CloudWatch) PutSessions(samples ...SessionSample) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promQL.samples = append(c.promQL.samples, samples...)
}

// RefusePromQL gives the next requests of PromQL these answers.
func (c *CloudWatch) RefusePromQL(answers ...PromQLRefusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promQL.refusals = answers
}

// PromQL returns the queries so far.
func (c *CloudWatch) PromQL() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.promQL.asked...)
}

// queryRange serves /api/v1/query_range.
func (c *CloudWatch) queryRange(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = verifySignature(r, body, "monitoring")
	}
	if err != nil {
		writeJSON(w, http.StatusForbidden, map[string]string{"__type": "InvalidSignatureException", "message": err.Error()})
		return
	}
	form, err := url.ParseQuery(string(body))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promQL.asked = append(c.promQL.asked, form.Get("query"))
	if len(c.promQL.refusals) > 0 {
		refusal := c.promQL.refusals[0]
		c.promQL.refusals = c.promQL.refusals[1:]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(refusal.Status)
		_, _ = io.WriteString(w, refusal.Body) // an error means that the client is gone
		return
	}
	var result []any
	if err == nil {
		result, err = c.promQL.evaluate(form)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"status": "error", "errorType": "bad_data", "error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
}

// evaluate returns the series of the one form of query that it knows.
func (p *promQL) evaluate(form url.Values) ([]any, error) {
	known := regexp.MustCompile(`^sum by \("db\.wait\.event"\) \(sum_over_time\(\{"db\.active_sessions\.avg", "@resource\.aws\.auroradsql\.cluster_id"="([^"]*)", "application\.name"="([^"]*)"\}\[1m\]\)\)$`)
	matched := known.FindStringSubmatch(form.Get("query"))
	start, err1 := strconv.ParseInt(form.Get("start"), 10, 64)
	end, err2 := strconv.ParseInt(form.Get("end"), 10, 64)
	step, err3 := strconv.ParseInt(form.Get("step"), 10, 64)
	limit, err4 := strconv.Atoi(form.Get("limit"))
	switch {
	case matched == nil:
		return nil, fmt.Errorf("unknown query %s", form.Get("query"))
	case err1 != nil || err2 != nil || err3 != nil || err4 != nil || end < start || step <= 0 || limit < 1 || limit > 500:
		return nil, fmt.Errorf("invalid parameter in %v", form)
	}
	result := []any{}
	for _, event := range p.events(matched[1], matched[2]) {
		values := [][2]any{}
		for at := start; at <= end; at += step {
			sum, found := 0.0, false
			for _, s := range p.samples { // those of the minute that ends at, its start left out
				if t := s.At.Unix(); s.Cluster == matched[1] && s.Application == matched[2] && s.Event == event && t > at-60 && t <= at {
					sum, found = sum+s.Value, true
				}
			}
			if found {
				values = append(values, [2]any{at, strconv.FormatFloat(sum, 'g', -1, 64)})
			}
		}
		if len(values) > 0 {
			result = append(result, map[string]any{"metric": map[string]string{"db.wait.event": event}, "values": values})
		}
	}
	return result, nil
}

// events returns the wait events of an application.
func (p *promQL) events(cluster, application string) (all []string) {
	seen := map[string]bool{}
	for _, s := range p.samples {
		if s.Cluster == cluster && s.Application == application && !seen[s.Event] {
			seen[s.Event] = true
			all = append(all, s.Event)
		}
	}
	return all
}

// TestSecret is the secret key with which verifySignature expects requests to be signed.
const TestSecret = "secret"

// verifySignature signs the request's signed parts anew and compares the signatures.
func verifySignature(r *http.Request, body []byte, service string) error {
	header := r.Header.Get("Authorization")
	m := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$`).FindStringSubmatch(header)
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case m == nil || err != nil:
		return fmt.Errorf("not signed: %q", header)
	case m[3] != service:
		return fmt.Errorf("signed for the service %s, must be %s", m[3], service)
	}
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	for _, name := range strings.Split(m[4], ";") {
		if value := r.Header.Get(name); value != "" && name != "x-amz-date" {
			again.Header.Set(name, value)
		}
	}
	hash := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: m[1], SecretAccessKey: TestSecret, SessionToken: r.Header.Get("X-Amz-Security-Token")}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hex.EncodeToString(hash[:]), service, m[2], at); err != nil {
		return err
	}
	if again.Header.Get("Authorization") != header {
		return errors.New("the signature doesn't match")
	}
	return nil
}
