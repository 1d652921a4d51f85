package wire

import "github.com/jackc/pgx/v5/pgproto3"

// Frames that are always the same. A session sends them where it doesn't need
// PostgreSQL.
const (
	ParseComplete = "1\x00\x00\x00\x04"
	BindComplete  = "2\x00\x00\x00\x04"
	CloseComplete = "3\x00\x00\x00\x04"
	NoData        = "n\x00\x00\x00\x04"
	NoParameters  = "t\x00\x00\x00\x06\x00\x00"
	EmptyQuery    = "I\x00\x00\x00\x04"
)

// Target returns what a Describe or Close is about: a statement ('S') or a portal
// ('P'), and its name.
func Target(frame []byte) (kind byte, name string, err error) {
	var d pgproto3.Describe // a Close has the same form
	if d.Decode(Body(frame)) != nil || d.ObjectType != 'S' && d.ObjectType != 'P' {
		return 0, "", ErrMalformed
	}
	return d.ObjectType, d.Name, nil
}

// The states of a session in ReadyForQuery: outside a transaction, in a block, and in
// a block that has failed.
const (
	Idle   = 'I'
	Inside = 'T'
	Failed = 'E'
)
