package invoke

import (
	"encoding/json"
	"testing"

	"dsql-load-test/internal/bench"
)

// FuzzUnwrap: taking a reply apart by hand answers what decoding it does.
func FuzzUnwrap(f *testing.F) {
	for _, body := range []string{"", "{}", `{"success":true,"error":"a \"b\" \\ c"}`, "<html>&\n\tä\u2028", `\`, `"`, `\\"`} {
		text, err := json.Marshal(bench.Reply{StatusCode: 200, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(append(text, '\n'))
	}
	for _, text := range []string{
		`{"statusCode":200,"body":"a","body":"b"}`, `{"statusCode":200,"body":"a\"}`, `{"statusCode":200,"body":"a\\"}`, `{"statusCode":200,"body":"a\\\"}`,
		`{"statusCode":200,"body":"a","x":"}`, `{"statusCode":200,"body":""}`, `{"statusCode":200,"body":"}`, `{"statusCode":500,"body":"a"}`, "null", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var want bench.Reply
		wantErr := decode(payload, &want)
		status, body, err := unwrap(payload)
		got := bench.Reply{StatusCode: status, Body: string(body)}
		// What lies within the quotes may be no JSON string, and yet a JSON text, and a body
		// may be no string: that is more than was asked for.
		if wantErr != nil || got == want && err == nil || want.Body == "" && got.Body == "null" || err != nil && (want.StatusCode == 0 || want.Body == "") {
			return
		}
		t.Errorf("%q: %+v, error %v, want %+v, error %v", payload, got, err, want, wantErr)
	})
}
