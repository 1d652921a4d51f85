package wire

// What is answered without PostgreSQL, as frames.
const (
	ParseComplete = "1\x00\x00\x00\x04"
	BindComplete  = "2\x00\x00\x00\x04"
	CloseComplete = "3\x00\x00\x00\x04"
	NoData        = "n\x00\x00\x00\x04"
	NoParameters  = "t\x00\x00\x00\x06\x00\x00"
	EmptyQuery    = "I\x00\x00\x00\x04"
)

// Target is the statement ('S') or portal ('P') that Describe or Close names.
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

// The states of a session, as ReadyForQuery has them.
const (
	Idle   = 'I'
	Inside = 'T'
	Failed = 'E'
)
