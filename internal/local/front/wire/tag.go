package wire

import (
	"bytes"

	"github.com/jackc/pgx/v5/pgconn"
)

// RowsChanged returns the number of changed rows in a CommandComplete such as
// "INSERT 0 5"; 0 for other statements.
func RowsChanged(frame []byte) int {
	tag := pgconn.NewCommandTag(string(bytes.TrimRight(Body(frame), "\x00")))
	if tag.Insert() || tag.Update() || tag.Delete() {
		return int(tag.RowsAffected())
	}
	return 0
}
