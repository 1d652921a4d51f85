package session

import (
	"strconv"
	"sync"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// prepared is a statement that clients prepared: the same one for all who
// prepared this text with these parameter types.
type prepared struct {
	*sql.Class
	name string // on PostgreSQL's side
	oids []byte // of the parameters, as Parse has them with their count
}

// maxCacheBytes bounds the texts that the cache keeps.
const maxCacheBytes = 32 << 20

// cache remembers what texts mean, so that a statement that is prepared again
// and again is cut into tokens once.
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
