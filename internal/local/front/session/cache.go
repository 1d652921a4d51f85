package session

import (
	"strconv"
	"sync"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// prepared is a statement that clients prepared. Clients that prepare the same text with
// the same parameter types share one.
type prepared struct {
	*sql.Class
	name string // on PostgreSQL's side
	oids []byte // of the parameters, as Parse has them with their count
}

// maxCacheBytes bounds the texts that the cache keeps.
const maxCacheBytes = 32 << 20

// cache keeps the statements by their texts, so that a text is scanned only once however
// often it is prepared.
type cache struct {
	mu    sync.Mutex
	known map[string]*prepared // by text, zero byte, parameter types
	bytes int
	last  uint64
}

func newCache() *cache { return &cache{known: map[string]*prepared{}} }

// prepare returns the statement of a Parse. key is the Parse's body after the
// statement's name.
func (c *cache) prepare(key []byte) (*prepared, error) {
	c.mu.Lock()
	p := c.known[string(key)]
	c.last++
	id := c.last
	c.mu.Unlock()
	if p != nil {
		return p, nil
	}
	text, oids, err := wire.CutText(key)
	if err != nil || len(oids) < 2 {
		return nil, wire.ErrMalformed
	}
	p = &prepared{Class: sql.ClassifyOne(string(text)), name: "f" + strconv.FormatUint(id, 36), oids: append([]byte(nil), oids...)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes += len(key); c.bytes > maxCacheBytes {
		clear(c.known) // sessions and connections keep what they use
		c.bytes = len(key)
	}
	c.known[string(key)] = p
	return p, nil
}
