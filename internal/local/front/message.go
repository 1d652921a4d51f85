package front

// What is answered without PostgreSQL, as frames.
const (
	parseComplete = "1\x00\x00\x00\x04"
	bindComplete  = "2\x00\x00\x00\x04"
	closeComplete = "3\x00\x00\x00\x04"
	noData        = "n\x00\x00\x00\x04"
	noParameters  = "t\x00\x00\x00\x06\x00\x00"
	emptyQuery    = "I\x00\x00\x00\x04"
)

// target is the statement ('S') or portal ('P') that Describe or Close names.
func target(frame []byte) (what byte, name []byte, err error) {
	body := bodyOf(frame)
	if len(body) < 2 || body[0] != 'S' && body[0] != 'P' {
		return 0, nil, errMalformed
	}
	name, rest, err := cutText(body[1:])
	if len(rest) > 0 {
		err = errMalformed
	}
	return body[0], name, err
}

// The states of a session, as ReadyForQuery has them.
const (
	idle   = 'I'
	inside = 'T'
	failed = 'E'
)
