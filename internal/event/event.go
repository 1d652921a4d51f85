// Package event makes the rows of a load test: events of four business types.
//
// A row's id depends on the run and the row's position only, so that a check of the table
// can compute it again; ids are spread like random UUIDs. The content depends on the seed
// too, and on the time only in its dates.
//
// event.go has the Generator and the ids, kind.go the table of types, json.go their
// content.
package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
)

// Position is a row's place in its run.
type Position struct {
	WarmUp     bool
	Scenario   bench.Scenario
	Invocation int
	Iteration  int
	Row        int // within the iteration
}

// At returns the position of a row within the n-th statement of an invocation; both count
// from 0.
func At(i bench.Invocation, n, row int) Position {
	iteration, first := i.Place(n)
	return Position{WarmUp: i.WarmUp, Scenario: i.Scenario, Invocation: i.Index, Iteration: iteration, Row: first + row}
}

// Event is one row of business_events, as text. All fields are parts of one buffer.
type Event struct {
	ID     []byte // UUID version 8; the primary key
	Name   []byte // "Car Created"
	Type   []byte // a bench.EventType
	Moment []byte // created_date and saved_date: when the row was made, in UTC and whole microseconds
	Data   []byte // the whole event as JSON
}

// Generator makes the events of one run. It is not safe for concurrent use.
type Generator struct {
	kinds []kind // the types to choose from
	day   string // day of the run, for the ids of entities; empty if the run's id isn't a ULID
	ids   hasher
	rolls hasher // seeds pcg for each event
	pcg   *rand.PCG
	made  time.Time // of the last event
	writer
}

const (
	dayLayout    = "20060102"
	momentLayout = "2006-01-02T15:04:05.000000Z"

	// mostBytes is the room that an event needs at most.
	mostBytes = 1024
)

// New returns a Generator for events of type t, or of randomly chosen types for
// bench.Random. It fails for an unknown type.
func New(runID string, seed int64, t bench.EventType) (*Generator, error) {
	kinds, err := kindsOf(t)
	if err != nil {
		return nil, err
	}
	var day string
	if id, err := ulid.ParseStrict(runID); err == nil {
		day = id.Timestamp().UTC().Format(dayLayout)
	}
	pcg := rand.NewPCG(0, 0)
	return &Generator{
		kinds:  kinds,
		day:    day,
		ids:    newHasher("id", runID, 0),
		rolls:  newHasher("event", runID, seed),
		pcg:    pcg,
		writer: writer{rng: rand.New(pcg)},
	}, nil
}

// Event returns the event at a position. made sets its dates and nothing else, except for
// the day in the ids of entities if the run's id isn't a ULID. Event appends the event to
// buffer, which may be nil; Event.ID[:0] is a buffer with room for another event.
func (g *Generator) Event(buffer []byte, at Position, made time.Time) Event {
	sum := g.rolls.sum(at)
	g.pcg.Seed(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:]))
	kind := &g.kinds[0]
	if len(g.kinds) > 1 {
		kind = &g.kinds[g.rng.IntN(len(g.kinds))]
	}
	g.date(made)
	w := &g.writer
	w.out, w.start = slices.Grow(buffer, mostBytes), len(buffer)
	w.out = g.ids.appendID(w.out, at)
	e := Event{ID: w.part()}
	w.out = append(w.out, kind.name...)
	e.Name = w.part()
	w.out = append(w.out, kind.of...)
	e.Type = w.part()
	w.out = append(w.out, w.now...)
	e.Moment = w.part()
	kind.write(w, kind, at)
	e.Data = w.part()
	return e
}

// date sets the writer's time, unless it is the last event's.
func (g *Generator) date(made time.Time) {
	if made.Equal(g.made) && len(g.now) > 0 {
		return
	}
	g.made = made
	made = made.UTC()
	g.now = made.AppendFormat(g.now[:0], momentLayout)
	g.writer.day = append(g.writer.day[:0], g.day...)
	if g.day == "" {
		g.writer.day = made.AppendFormat(g.writer.day, dayLayout)
	}
}

// IDs computes the row ids of a run. It is not safe for concurrent use.
type IDs struct{ hasher }

// NewIDs returns the IDs of a run.
func NewIDs(runID string) IDs { return IDs{newHasher("id", runID, 0)} }

// At returns the id of the row at a position.
func (i *IDs) At(at Position) string { return string(i.appendID(nil, at)) }

// hasher maps positions to 256 evenly spread bits.
type hasher struct {
	text   []byte // input of the hash: the prefix, then the position
	prefix int    // length of the prefix
}

func newHasher(purpose, runID string, seed int64) hasher {
	text := append([]byte(purpose+"\x00"+runID), 0)
	text = binary.LittleEndian.AppendUint64(text, uint64(seed))
	return hasher{text: text, prefix: len(text)}
}

func (h *hasher) sum(at Position) [sha256.Size]byte {
	kind := byte(0)
	if at.Scenario == bench.Batch {
		kind = 1
	}
	if at.WarmUp {
		kind |= 2
	}
	h.text = append(h.text[:h.prefix], kind)
	for _, n := range [...]int{at.Invocation, at.Iteration, at.Row} {
		h.text = binary.LittleEndian.AppendUint64(h.text, uint64(n))
	}
	return sha256.Sum256(h.text)
}

// appendID appends a UUID version 8 (RFC 9562, section 5.8: custom) made of the hash.
func (h *hasher) appendID(out []byte, at Position) []byte {
	sum := h.sum(at)
	return appendUUID(out, [16]byte(sum[:16]), 8)
}

// appendUUID appends 16 random bytes as a UUID, with the bits for version and variant set.
func appendUUID(out []byte, id [16]byte, version byte) []byte {
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
	out = append(hex.AppendEncode(out, id[:4]), '-')
	out = append(hex.AppendEncode(out, id[4:6]), '-')
	out = append(hex.AppendEncode(out, id[6:8]), '-')
	out = append(hex.AppendEncode(out, id[8:10]), '-')
	return hex.AppendEncode(out, id[10:])
}
