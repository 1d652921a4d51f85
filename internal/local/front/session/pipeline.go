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
	switch wire.Kind(frame) {
	case 'P':
		return s.parse(wire.Body(frame)), nil
	case 'B':
		return s.bind(wire.Body(frame)), nil
	case 'E':
		return s.execute(frame)
	}
	kind, name, err := wire.Target(frame) // of a 'D' or 'C'
	switch {
	case err != nil:
		return malformed(), nil
	case wire.Kind(frame) == 'C':
		return s.closing(frame, kind, name), nil
	case kind == 'P':
		return s.describePortal(frame, name), nil
	}
	return s.describe(name), nil
}

func (s *Conn) local(answer string) { s.steps = append(s.steps, step{local: answer}) }

func (s *Conn) parse(body []byte) *wire.Error {
	name, key, _ := wire.CutText(body)
	p, err := s.group.cache.prepare(key) // fails if the cut did
	if err != nil {
		return malformed()
	}
	switch {
	case s.tx.failed && !p.Ends():
		return inFailedTransaction()
	case p.Refused != nil:
		return refusalOf(p.Refused)
	case len(name) > 0 && s.statements[string(name)] != nil:
		return wire.Errorf("42P05", "prepared statement %q already exists", name)
	}
	if refused := s.group.ensure(p.Class); refused != nil {
		return refused
	}
	sent := false
	if !p.Local() {
		var refused *wire.Error
		if sent, refused = s.know(p, false); refused != nil {
			return refused
		}
	}
	if !sent {
		s.steps = append(s.steps, step{local: wire.ParseComplete, parsed: p})
	}
	last := &s.steps[len(s.steps)-1]
	last.defined, last.defines = string(name), true
	s.statements[last.defined] = p
	return nil
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

func (s *Conn) bind(body []byte) *wire.Error {
	name, rest, _ := wire.CutText(body)
	statement, rest, err := wire.CutText(rest) // fails if the first cut did
	if err != nil {
		return malformed()
	}
	p := s.statements[string(statement)]
	switch {
	case p == nil:
		return noStatement(string(statement))
	case s.tx.failed && !p.Ends():
		return inFailedTransaction()
	}
	s.portals[string(name)] = portal{prepared: p, bytes: len(rest)}
	if p.Local() {
		s.local(wire.BindComplete)
		return nil
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused
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
	return nil
}

func (s *Conn) describe(name string) *wire.Error {
	p := s.statements[name]
	switch {
	case p == nil:
		return noStatement(name)
	case p.Local():
		s.local(wire.NoParameters + wire.NoData)
		return nil
	case s.tx.failed:
		return inFailedTransaction()
	}
	if _, refused := s.know(p, true); refused != nil {
		return refused
	}
	s.out = wire.AppendFrame(s.out, 'D', "S"+p.name)
	s.steps = append(s.steps, step{want: 'T', alt: 'n', shape: p.Shape()})
	return nil
}

func (s *Conn) describePortal(frame []byte, name string) *wire.Error {
	p, found := s.portals[name]
	switch {
	case !found && !s.tx.open: // in a block it may be a cursor
		return noPortal(name)
	case found && p.Local():
		s.local(wire.NoData)
		return nil
	}
	st := step{want: 'T', alt: 'n'}
	if found {
		st.shape = p.Shape()
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, st)
	return nil
}

func (s *Conn) closing(frame []byte, kind byte, name string) *wire.Error {
	if kind == 'S' {
		delete(s.statements, name) // the server connections keep theirs
		s.local(wire.CloseComplete)
		return nil
	}
	p, found := s.portals[name]
	delete(s.portals, name)
	if !found || p.Local() {
		s.local(wire.CloseComplete)
		return nil
	}
	s.out = append(s.out, frame...)
	s.steps = append(s.steps, step{want: '3'})
	return nil
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
