package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
)

// ParseRequest reads a Lambda event: an Invocation, or an HTTP-like event whose "body" is one, as
// an object or as JSON text. Absent fields get the original suite's defaults. An error names the
// field, its value and the values that are allowed.
func ParseRequest(payload []byte) (bench.Invocation, error) {
	inv := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 10, EventType: bench.CarCreated}
	text, err := requestText(payload)
	if err != nil {
		return inv, err
	}
	if err := json.Unmarshal(strictjson.WholeNumbers(text), &inv); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) && wrongType.Field != "" {
			return inv, fmt.Errorf("field %s: a JSON %s, must be of type %s", wrongType.Field, wrongType.Value, wrongType.Type)
		}
		return inv, fmt.Errorf("request: %w", err)
	}
	return inv, inv.Validate()
}

// requestText returns the JSON object that holds the fields.
func requestText(payload []byte) ([]byte, error) {
	var outer struct{ Body json.RawMessage }
	if err := json.Unmarshal(payload, &outer); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	body := bytes.TrimSpace(outer.Body)
	switch {
	case len(body) == 0:
		return payload, nil
	case bytes.Equal(body, []byte("null")):
		return []byte("{}"), nil
	case body[0] != '"':
		return body, nil
	}
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		return nil, fmt.Errorf("field body: %w", err)
	}
	return []byte(text), nil
}
