package wire

import "encoding/binary"

// WithFormats adds the formats of n more columns, as text, to what follows the names
// in a Bind. Nothing is added if one format is for all columns.
func WithFormats(parameters []byte, n int) []byte {
	at := 0
	count := func() int {
		if at+2 > len(parameters) {
			return -1
		}
		at += 2
		return int(binary.BigEndian.Uint16(parameters[at-2:]))
	}
	if n := count(); n >= 0 {
		at += 2 * n
	}
	for n := count(); n > 0 && at+4 <= len(parameters); n-- {
		at += 4 + max(int(int32(binary.BigEndian.Uint32(parameters[at:]))), 0)
	}
	formats := count()
	if formats < 2 {
		return parameters
	}
	b := append([]byte(nil), parameters...)
	binary.BigEndian.PutUint16(b[at-2:], uint16(formats+n))
	return append(b, make([]byte, 2*n)...)
}

// Columns returns the columns of a DataRow's body. NULL is nil.
func Columns(body []byte) (columns [][]byte) {
	if len(body) < 2 {
		return nil
	}
	for body = body[2:]; len(body) >= 4; {
		n := int(int32(binary.BigEndian.Uint32(body)))
		if body = body[4:]; n < 0 {
			columns = append(columns, nil)
			continue
		}
		n = min(n, len(body))
		columns = append(columns, body[:n])
		body = body[n:]
	}
	return columns
}
