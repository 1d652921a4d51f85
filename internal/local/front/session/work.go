package session

import (
	"sync"

	"dsql-load-test/internal/local/front/sql"
)

// work holds the buffers of a session while it works. An idle session has none.
type work struct {
	in     []byte // the client's frames that are not executed yet
	answer []byte // for the client
	steps  []step
	// The last CommandComplete in answer is answer[tag:tagEnd].
	tag, tagEnd int
}

// step is one answer that the client will get: PostgreSQL's, or one that is ready.
type step struct {
	local   string     // frames that are ready; PostgreSQL isn't asked
	want    byte       // type of the frame that ends PostgreSQL's answer
	alt     byte       // or this
	silent  bool       // the client didn't ask for it
	class   *sql.Class // of the statement that is executed
	shape   *sql.Class // if the client sees another answer than PostgreSQL's
	simple  bool       // of a Query, which describes its rows unasked
	parsed  *prepared
	closed  *prepared // forgotten to make room
	defined string    // name of the client's statement, if parsed is one
	defines bool
}

// keepBytes is the largest buffer that is worth keeping.
const keepBytes = 1 << 20

// workPool keeps the buffers that no session uses.
type workPool struct{ pool sync.Pool }

func (p *workPool) get() *work {
	if w, ok := p.pool.Get().(*work); ok {
		return w
	}
	return &work{}
}

func (p *workPool) put(w *work) {
	if cap(w.in) > keepBytes || cap(w.answer) > keepBytes {
		return
	}
	clear(w.steps[:cap(w.steps)])
	w.in, w.answer, w.steps, w.tag, w.tagEnd = w.in[:0], w.answer[:0], w.steps[:0], 0, 0
	p.pool.Put(w)
}
