package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/quote"
)

// encode returns the record's JSON, without passwords that an error's text holds.
//
// encoding/json refuses numbers that are not finite. Each is replaced by a stand-in, a
// number that occurs nowhere else in the text, and the stand-in by null afterwards.
func encode(r *bench.Record) ([]byte, error) {
	r = quote.Hidden(r)
	if len(check.NotFinite(r)) == 0 {
		return json.MarshalIndent(r, "", "  ")
	}
	check.NoteNotFinite(r)
	for try := range 100 {
		finite, standIn := quote.Hidden(r), -1.2345678901234567e+300*float64(try+1) // a copy
		replaced := check.ReplaceNotFinite(finite, standIn)
		text, err := json.MarshalIndent(finite, "", "  ")
		if err != nil {
			return nil, err
		}
		written := []byte(strconv.FormatFloat(standIn, 'e', -1, 64))
		if bytes.Count(text, written) == replaced { // no text has the same digits
			return bytes.ReplaceAll(text, written, []byte("null")), nil
		}
	}
	return nil, errors.New("no stand-in for figures that are not finite is left")
}
