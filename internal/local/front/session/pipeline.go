package session

import (
	"bytes"

	"dsql-load-test/internal/local/front/wire"
)

// pipeline executes frames of the extended protocol, up to a Sync or a Flush.
func (s *Conn) pipeline(frames []byte, sync bool) error {
	var frame []byte
	for len(frames) > 0 && !s.skip {
		frame, frames = wire.CutFrame(frames)
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

// sync ends a pipeline. PostgreSQL commits by itself if nothing of ours can go wrong
// any more.
func (s *Conn) sync() error {
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

// conclude commits an implicit transaction and sends ReadyForQuery.
func (s *Conn) conclude() error {
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

// extended adds to s.out and s.steps what one frame asks for.
func (s *Conn) extended(frame []byte) (*wire.Error, error) {
	body := wire.Body(frame)
	var refused *wire.Error
	var err error
	switch wire.Kind(frame) {
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
	if err == wire.ErrMalformed {
		return malformed(), nil
	}
	return refused, err
}

func (s *Conn) local(answer string) { s.steps = append(s.steps, step{local: answer}) }

func (s *Conn) parse(body []byte) (*wire.Error, error) {
	name, key, err := wire.CutText(body)
	if err != nil {
		return nil, err
	}
	p, err := s.group.cache.prepare(key)
	if err != nil {
		return nil, err
	}
	switch {
	case s.tx.failed && !p.Ends():
		return inFailedTransaction(), nil
	case p.Refused != nil:
		return refusalOf(p.Refused), nil
	case len(name) > 0 && s.statements[string(name)] != nil:
		return statementExists(string(name)), nil
	}
	if refused := s.group.ensure(p.Class); refused != nil {
		return refused, nil
	}
	sent := false
	if !p.Local() {
		var refused *wire.Error
		if sent, refused = s.know(p, false); refused != nil {
			return refused, nil
		}
	}
	if !sent {
		s.steps = append(s.steps, step{local: wire.ParseComplete, parsed: p})
	}
	last := &s.steps[len(s.steps)-1]
	last.defined, last.defines = string(name), true
	s.statements[last.defined] = p
	return nil, nil
}

// know lets the server connection prepare p, unless it has. It returns whether a
// Parse was sent.
func (s *Conn) know(p *prepared, silent bool) (sent bool, refused *wire.Error) {
	if err := s.hold(); err != nil {
		return false, s.errorFor(err)
	}
	v := s.server
	if _, known := v.known[p]; known {
		return false, nil
	}
	if old := v.oldest(); old != nil {
		s.out = wire.AppendFrame(s.out, 'C', "S"+old.name)
		s.steps = append(s.steps, step{want: '3', silent: true, closed: old})
	}
	if p.Lock != nil {
		s.prepareAsked(p.Lock, p.oids)
	}
	s.out = v.appendParse(s.out, p)
	s.steps = append(s.steps, step{want: '1', silent: silent, parsed: p, shape: p.Shape()})
	return true, nil
}

func (s *Conn) bind(body []byte) (*wire.Error, error) {
	name, rest, err := wire.CutText(body)
	if err != nil {
		return nil, err
	}
	statement, rest, err := wire.CutText(rest)
	if err != nil {
		return nil, err
	}
	p := s.statements[string(statement)]
	switch {
	case p == nil:
		return noStatement(string(statement)), nil
	case s.tx.failed && !p.Ends():
		return inFailedTransaction(), nil
	}
	s.portals[string(name)] = portal{prepared: p, bytes: len(rest)}
	if p.Local() {
		s.local(wire.BindComplete)
		return nil, nil
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused, nil
	}
	if p.Lock != nil {
		s.planAsked(p.Lock, p.oids, rest)
		rest = wire.WithFormats(rest, len(p.Lock.Strengths))
	}
	b, at := wire.Begin(s.out, 'B')
	b = append(append(b, name...), 0)
	b = append(wire.AppendText(b, p.name), rest...)
	s.out = wire.End(b, at)
	s.steps = append(s.steps, step{want: '2'})
	return nil, nil
}

func (s *Conn) describe(frame []byte) (*wire.Error, error) {
	what, name, err := wire.Target(frame)
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
	case p.Local():
		s.local(wire.NoParameters + wire.NoData)
		return nil, nil
	case s.tx.failed:
		return inFailedTransaction(), nil
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused, nil
	}
	s.out = wire.AppendFrame(s.out, 'D', "S"+p.name)
	s.steps = append(s.steps, step{want: 'T', alt: 'n', shape: p.Shape()})
	return nil, nil
}

func (s *Conn) describePortal(frame, name []byte) (*wire.Error, error) {
	p, found := s.portals[string(name)]
	switch {
	case !found && !s.tx.open: // in a block it may be a cursor
		return noPortal(string(name)), nil
	case !found:
		s.out = append(s.out, frame...)
		s.steps = append(s.steps, step{want: 'T', alt: 'n'})
		return nil, nil
	case p.Local():
		s.local(wire.NoData)
		return nil, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: 'T', alt: 'n', shape: p.Shape()})
	return nil, nil
}

func (s *Conn) closing(frame []byte) (*wire.Error, error) {
	what, name, err := wire.Target(frame)
	if err != nil {
		return nil, err
	}
	if what == 'S' {
		delete(s.statements, string(name)) // the server connections keep theirs
		s.local(wire.CloseComplete)
		return nil, nil
	}
	p, found := s.portals[string(name)]
	delete(s.portals, string(name))
	if !found || p.Local() {
		s.local(wire.CloseComplete)
		return nil, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: '3'})
	return nil, nil
}

func (s *Conn) execute(frame []byte) (*wire.Error, error) {
	body := wire.Body(frame)
	i := bytes.IndexByte(body, 0)
	if i < 0 || len(body) != i+5 {
		return malformed(), nil
	}
	p, found := s.portals[string(body[:i])]
	switch {
	case !found:
		return noPortal(string(body[:i])), nil
	case p.Local():
		return s.control(p.Class)
	}
	if refused := s.tx.add(p.Class, p.bytes); refused != nil {
		return refused, nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: 'C', alt: 's', class: p.Class, shape: p.Shape()})
	return nil, nil
}
