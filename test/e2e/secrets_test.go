package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/postgrestest"
)

const secretKey, sessionToken = "wJalrXUt-secret", "tok-secret"

// confidential is a run with a password, AWS credentials and all types of events, over TCP
// with TLS.
func (l *lab) confidential(t *testing.T) *run {
	t.Helper()
	return l.once(t, "confidential", func(t *testing.T) *run {
		t.Helper()
		l.database(t, "confidential", "")
		at := fmt.Sprintf("postgres://%s:%s@%s/confidential?sslmode=require", secretive, password, l.overTLS(t))
		env := append(append(l.observed(), to(at)...), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY="+secretKey, "AWS_SESSION_TOKEN="+sessionToken)
		return l.run(t, 0, env, "--event-type", "random", "--num-lambdas", "10", "--iterations", "5", "--count", "4",
			"--warm-up", "1", "--trace-detail", "all")
	})
}

// testSecrets: the files and the telemetry of the run contain no secret.
func (l *lab) testSecrets(t *testing.T) {
	r := l.confidential(t)
	if err := r.complete(2 * 10 * 5 * 4); err != nil {
		t.Error(err)
	}
	l.search(t, r, append(l.payloads(t), password, secretKey, sessionToken))
	// An IAM token is a signed request.
	l.search(t, l.usual(t), []string{"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"})
}

// search looks for secrets in the files and the telemetry of a run.
func (l *lab) search(t *testing.T, r *run, secrets []string) {
	t.Helper()
	places := map[string][]byte{
		"results": []byte(r.text), "stdout": []byte(r.stdout), "stderr": []byte(r.stderr),
		"traces": l.rawTraces(t, r), "series": l.rawSeries(t, r),
	}
	for place, text := range places {
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s: %q is in them", place, secret)
			}
		}
		// The searched text must have its expected content, else the search proves nothing.
		known := r.id()
		if place == "stderr" {
			known = "verifying"
		}
		if !bytes.Contains(text, []byte(known)) {
			t.Errorf("%s don't hold %q, so they aren't what they should be", place, known)
		}
	}
	if !bytes.Contains(places["traces"], []byte("INSERT INTO "+dsql.Table)) {
		t.Error("traces: no statement's text")
	}
}

// payloads are ids, whole events and their distinctive values, of 20 rows.
func (l *lab) payloads(t *testing.T) (all []string) {
	t.Helper()
	db := postgrestest.Connect(t, "postgres:///confidential?"+url.Values{"user": {"postgres"}, "host": {l.server.Home}}.Encode())
	rows, err := db.Query(t.Context(), "SELECT id, event_data FROM "+dsql.Table+" ORDER BY id LIMIT 20")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, event string
		if err := rows.Scan(&id, &event); err != nil {
			t.Fatal(err)
		}
		var data struct {
			EventHeader struct{ UUID string }
			Entities    []map[string]any
		}
		if err := json.Unmarshal([]byte(event), &data); err != nil || len(data.Entities) != 1 {
			t.Fatalf("event %s: %v", event, err)
		}
		entity := data.Entities[0]["id"].(string)
		all = append(all, id, event, data.EventHeader.UUID, entity)
		if vin, ok := data.Entities[0]["vin"].(string); ok {
			all = append(all, vin)
		}
	}
	if err := rows.Err(); err != nil || len(all) < 80 {
		t.Fatalf("%d values of events, %v", len(all), err)
	}
	return all
}

// rawTraces returns all spans as Jaeger stores them.
func (l *lab) rawTraces(t *testing.T, r *run) (raw []byte) {
	t.Helper()
	for _, s := range l.traces(t, r) {
		text, err := proto.Marshal(s.Span)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, text...)
		raw = fmt.Appendf(raw, "%v", s.resource)
	}
	return raw
}

// rawSeries returns all labels of all series, and all exemplars.
func (l *lab) rawSeries(t *testing.T, r *run) (raw []byte) {
	t.Helper()
	from, to := r.window()
	selector := fmt.Sprintf("{dsqlload_run_id=%q}", r.id())
	for path, parameter := range map[string]string{"/api/v1/series": "match[]", "/api/v1/query_exemplars": "query"} {
		body, err := get(t, l.stack.PrometheusURL+path, url.Values{
			parameter: {selector}, "start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
		})
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, body...)
	}
	return raw
}
