package wire

import "bytes"

// RowsChanged returns the number of changed rows in a CommandComplete such as
// "INSERT 0 5": the last word, if the first is that of a change.
func RowsChanged(frame []byte) int {
	tag := bytes.TrimRight(Body(frame), "\x00")
	changes := false
	for _, verb := range []string{"INSERT ", "UPDATE ", "DELETE "} {
		changes = changes || bytes.HasPrefix(tag, []byte(verb))
	}
	if !changes {
		return 0
	}
	rows := 0
	for _, c := range tag[bytes.LastIndexByte(tag, ' ')+1:] {
		if c < '0' || c > '9' || rows > 1<<40 {
			return rows
		}
		rows = rows*10 + int(c-'0')
	}
	return rows
}
