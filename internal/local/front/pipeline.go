package front

import "bytes"

// pipeline executes frames of the extended protocol, up to a Sync or a Flush.
func (s *session) pipeline(frames []byte, sync bool) error {
	var frame []byte
	for len(frames) > 0 && !s.skip {
		frame, frames = cutFrame(frames)
		refused, err := s.extended(frame)
		if err == nil && refused != nil {
			err = s.fail(refused)
		}
		if err != nil {
			return err
		}
	}
	s.in = s.in[:0]
	if sync {
		return s.sync()
	}
	if err := s.exchange(false); err != nil {
		return err
	}
	return s.flush()
}

// sync ends a pipeline: PostgreSQL may commit by itself what can't go wrong any
// more.
func (s *session) sync() error {
	if s.skip {
		return s.ready()
	}
	if !s.tx.explicit {
		s.draw()
	}
	if err := s.exchange(s.harmless()); err != nil {
		return err
	}
	return s.conclude()
}

// conclude commits an implicit transaction and says that the session is ready.
func (s *session) conclude() error {
	if !s.tx.explicit && !s.skip {
		refused, err := s.commit()
		if err != nil {
			return err
		}
		if refused != nil {
			s.answer = append(s.answer[:s.tag], s.answer[s.tagEnd:]...)
			s.answer = refused.Append(s.answer)
		}
	}
	return s.ready()
}

// extended prepares what one frame asks for.
func (s *session) extended(frame []byte) (*Error, error) {
	body := bodyOf(frame)
	var refused *Error
	var err error
	switch kindOf(frame) {
	case 'P':
		refused, err = s.parse(body)
	case 'B':
		refused, err = s.bind(body)
	case 'D':
		refused, err = s.describe(frame)
	case 'E':
		return s.execute(frame)
	case 'C':
		refused, err = s.closing(frame)
	}
	if err == errMalformed {
		return malformed(), nil
	}
	return refused, err
}

func (s *session) local(answer string) { s.steps = append(s.steps, step{local: answer}) }

func (s *session) parse(body []byte) (*Error, error) {
	name, key, err := cutText(body)
	if err != nil {
		return nil, err
	}
	p, err := s.group.cache.prepare(key)
	if err != nil {
		return nil, err
	}
	switch {
	case s.tx.failed && !p.ends():
		return inFailedTransaction(), nil
	case p.refused != nil:
		return refusalOf(p.refused), nil
	case len(name) > 0 && s.statements[string(name)] != nil:
		return statementExists(string(name)), nil
	}
	if refused := s.group.ensure(p.class); refused != nil {
		return refused, nil
	}
	st := step{local: parseComplete, parsed: p, defined: string(name), defines: true}
	if !p.local() {
		sent, refused := s.know(p, false)
		if refused != nil {
			return refused, nil
		}
		if sent {
			last := len(s.steps) - 1
			s.steps[last].defined, s.steps[last].defines = st.defined, true
			s.statements[st.defined] = p
			return nil, nil
		}
	}
	s.statements[st.defined] = p
	s.steps = append(s.steps, st)
	return nil, nil
}

// know makes the server connection know p; it answers whether that had to be
// sent.
func (s *session) know(p *prepared, silent bool) (sent bool, refused *Error) {
	if err := s.hold(); err != nil {
		return false, s.told(err)
	}
	v := s.server
	if _, known := v.known[p]; known {
		return false, nil
	}
	if old := v.oldest(); old != nil {
		s.out = appendFrame(s.out, 'C', "S"+old.name)
		s.steps = append(s.steps, step{want: '3', silent: true, closed: old})
	}
	if p.lock != nil {
		s.prepareAsked(p.lock, p.oids)
	}
	s.out = v.appendParse(s.out, p)
	s.steps = append(s.steps, step{want: '1', silent: silent, parsed: p, shape: p.shape()})
	return true, nil
}

func (s *session) bind(body []byte) (*Error, error) {
	name, rest, err := cutText(body)
	if err != nil {
		return nil, err
	}
	statement, rest, err := cutText(rest)
	if err != nil {
		return nil, err
	}
	p := s.statements[string(statement)]
	switch {
	case p == nil:
		return noStatement(string(statement)), nil
	case s.tx.failed && !p.ends():
		return inFailedTransaction(), nil
	}
	s.portals[string(name)] = portal{prepared: p, bytes: len(rest)}
	if p.local() {
		s.local(bindComplete)
		return nil, nil
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused, nil
	}
	if p.lock != nil {
		s.planAsked(p.lock, p.oids, rest)
		rest = withFormats(rest, len(p.lock.strengths))
	}
	b, at := begin(s.out, 'B')
	b = append(append(b, name...), 0)
	b = append(appendText(b, p.name), rest...)
	s.out = end(b, at)
	s.steps = append(s.steps, step{want: '2'})
	return nil, nil
}

func (s *session) describe(frame []byte) (*Error, error) {
	what, name, err := target(frame)
	if err != nil {
		return nil, err
	}
	if what == 'P' {
		return s.describePortal(frame, name)
	}
	p := s.statements[string(name)]
	switch {
	case p == nil:
		return noStatement(string(name)), nil
	case p.local():
		s.local(noParameters + noData)
		return nil, nil
	case s.tx.failed:
		return inFailedTransaction(), nil
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused, nil
	}
	s.out = appendFrame(s.out, 'D', "S"+p.name)
	s.steps = append(s.steps, step{want: 'T', alt: 'n', shape: p.shape()})
	return nil, nil
}

func (s *session) describePortal(frame, name []byte) (*Error, error) {
	p, found := s.portals[string(name)]
	switch {
	case !found && !s.tx.open: // in a block it may be a cursor
		return noPortal(string(name)), nil
	case !found:
		s.out = append(s.out, frame...)
		s.steps = append(s.steps, step{want: 'T', alt: 'n'})
		return nil, nil
	case p.local():
		s.local(noData)
		return nil, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: 'T', alt: 'n', shape: p.shape()})
	return nil, nil
}

func (s *session) closing(frame []byte) (*Error, error) {
	what, name, err := target(frame)
	if err != nil {
		return nil, err
	}
	if what == 'S' {
		delete(s.statements, string(name)) // the server connections keep theirs
		s.local(closeComplete)
		return nil, nil
	}
	p, found := s.portals[string(name)]
	delete(s.portals, string(name))
	if !found || p.local() {
		s.local(closeComplete)
		return nil, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: '3'})
	return nil, nil
}

func (s *session) execute(frame []byte) (*Error, error) {
	body := bodyOf(frame)
	i := bytes.IndexByte(body, 0)
	if i < 0 || len(body) != i+5 {
		return malformed(), nil
	}
	p, found := s.portals[string(body[:i])]
	switch {
	case !found:
		return noPortal(string(body[:i])), nil
	case p.local():
		return s.control(p.class)
	}
	if refused := s.tx.add(p.class, p.bytes); refused != nil {
		return refused, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: 'C', alt: 's', class: p.class, shape: p.shape()})
	return nil, nil
}
