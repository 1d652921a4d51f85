package wire

import "github.com/jackc/pgx/v5/pgproto3"

// WithFormats adds the formats of n more columns, as text, to what follows the names
// in a Bind. Nothing is added if one format is for all columns, or if they are malformed.
func WithFormats(parameters []byte, n int) []byte {
	const names = "\x00\x00" // of a portal and a statement, both empty
	var b pgproto3.Bind
	if b.Decode(append([]byte(names), parameters...)) != nil || len(b.ResultFormatCodes) < 2 {
		return parameters
	}
	b.ResultFormatCodes = append(b.ResultFormatCodes, make([]int16, n)...)
	frame, err := b.Encode(nil)
	if err != nil { // too many columns, which PostgreSQL will say
		return parameters
	}
	return Body(frame)[len(names):]
}
