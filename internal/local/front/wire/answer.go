package wire

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
func Target(frame []byte) (what byte, name []byte, err error) {
	body := Body(frame)
	if len(body) < 2 || body[0] != 'S' && body[0] != 'P' {
		return 0, nil, ErrMalformed
	}
	name, rest, err := CutText(body[1:])
	if len(rest) > 0 {
		err = ErrMalformed
	}
	return body[0], name, err
}

// The states of a session in ReadyForQuery: outside a transaction, in a block, and in
// a block that has failed.
const (
	Idle   = 'I'
	Inside = 'T'
	Failed = 'E'
)
