package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/local/front/wire"
)

const (
	// WatchInterval is how often the watch looks. A statement that PostgreSQL has
	// not answered at two looks may wait for a lock.
	WatchInterval = 5 * time.Millisecond
	// watchTimeout bounds what the watch asks PostgreSQL.
	watchTimeout = 10 * time.Second
)

// watch ends statements that wait for a lock of a transaction which goes on only when
// its client acts. It looks only while there are such transactions.
type watch struct {
	interval time.Duration
	lasting  atomic.Int64 // connections whose transactions last until a client acts
	wake     chan struct{}
	side     *server       // its own connection; nil until it needs one
	looks    atomic.Uint64 // number of looks
}

func newWatch(interval time.Duration) watch {
	return watch{interval: cmp.Or(interval, WatchInterval), wake: make(chan struct{}, 1)}
}

// begin notes that PostgreSQL has to answer from now on. It fails after v.patience at
// the earliest and after twice that at the latest: a new deadline for every statement
// would change a timer of the system's every time.
func (v *server) begin() {
	v.unpark()
	if now := time.Now(); v.deadline.Sub(now) < v.patience {
		v.deadline = now.Add(2 * v.patience)
		_ = v.conn.SetDeadline(v.deadline) // a closed one fails at once anyway
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn++
	v.ended = nil
}

// finish notes that PostgreSQL has answered. It waits for a cancellation by the watch,
// so that this can't hit the next statement: an idle PostgreSQL ignores it.
func (v *server) finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn++
}

// lasts reports whether the locks of the transaction last until a client acts.
// The lock is held.
func (v *server) lasts() bool { return v.block || v.parked }

// lastsOn is lasts without a transaction whose statement the watch has ended: it lets
// go as soon as PostgreSQL, which may be slow, has noticed. The lock is held.
func (v *server) lastsOn() bool {
	ending := v.ended != nil && v.turn%2 == 1
	return v.lasts() && !ending
}

// setBlock notes whether only the client's next statement ends the transaction.
func (v *server) setBlock(block bool) {
	if v.block != block {
		v.change(block, v.parked)
	}
}

// setParked notes whether the session waits for its client, and returns whether
// it did.
func (v *server) setParked(parked bool) (was bool) {
	if was = v.parked; was != parked {
		v.change(v.block, parked)
	}
	return was
}

func (v *server) change(block, parked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.lasts()
	v.block, v.parked = block, parked
	if v.lasts() == before {
		return
	}
	w := &v.pool.watch
	if before {
		w.lasting.Add(-1)
	} else if w.lasting.Add(1) == 1 {
		select {
		case w.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

// run looks until done is closed.
func (w *watch) run(p *pool, done <-chan struct{}) {
	defer w.forget()
	for {
		select {
		case <-done:
			return
		case <-w.wake:
		}
		_ = w.connect(p) // before others have all connections; else at a look
		ticker := time.NewTicker(w.interval)
		for w.lasting.Load() > 0 {
			select {
			case <-done:
				ticker.Stop()
				return
			case <-ticker.C:
				w.once(p)
			}
		}
		ticker.Stop()
	}
}

// connect opens the watch's connection, unless it has one.
func (w *watch) connect(p *pool) error {
	if w.side != nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), watchTimeout)
	defer stop()
	var err error
	w.side, err = newServer(ctx, p.config, watchTimeout)
	return err
}

// forget closes the watch's connection.
func (w *watch) forget() {
	if w.side != nil {
		w.side.close()
		w.side = nil
	}
}

// once ends the statements that wait now. If PostgreSQL can't be asked, the next look
// tries again.
func (w *watch) once(p *pool) {
	w.looks.Add(1)
	servers := w.unanswered(p)
	if len(servers) == 0 {
		return
	}
	blocked, err := w.blocked(p, servers)
	for _, b := range victims(blocked) { // none after an error
		if err == nil {
			err = w.end(p, b)
		}
	}
	if err != nil {
		w.forget()
	}
}

// unanswered returns the connections whose statement PostgreSQL had at the last look,
// and has still.
func (w *watch) unanswered(p *pool) (servers []*server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for v := range p.all {
		v.mu.Lock()
		turn := v.turn
		v.mu.Unlock()
		switch {
		case turn != v.seen:
			v.seen, v.since = turn, w.looks.Load()
		case turn%2 == 1:
			servers = append(servers, v)
		}
	}
	return servers
}

// waitsSQL selects from the backends that wait for a lock which a transaction can hold
// for long. Locks of a file's end and of pages are short.
const waitsSQL = " FROM pg_catalog.pg_stat_get_activity(NULL) AS a WHERE a.wait_event_type = 'Lock' AND a.wait_event NOT IN ('extend', 'page')"

// blocked asks PostgreSQL which of servers wait for a lock, and which others hold it.
func (w *watch) blocked(p *pool, servers []*server) ([]*blocked, error) {
	rows, err := w.ask(p, "SELECT a.pid, a.wait_event, pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(a.pid), ',')"+waitsSQL)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	byPID := map[string]*server{}
	p.mu.Lock()
	for v := range p.all {
		byPID[strconv.FormatUint(uint64(v.pid), 10)] = v
	}
	p.mu.Unlock()
	var all []*blocked
	for _, columns := range rows {
		if len(columns) != 3 {
			return nil, wire.ErrMalformed
		}
		v := byPID[string(columns[0])]
		if v == nil || !slices.Contains(servers, v) {
			continue
		}
		b := &blocked{server: v, turn: v.seen, event: string(columns[1])}
		for pid := range strings.SplitSeq(string(columns[2]), ",") {
			if by := byPID[pid]; by != nil {
				b.by = append(b.by, by)
			}
		}
		all = append(all, b)
	}
	return all, nil
}

// ask executes sql on the watch's connection.
func (w *watch) ask(p *pool, sql string) ([][][]byte, error) {
	if err := w.connect(p); err != nil {
		return nil, err
	}
	return w.side.query(sql)
}

// end cancels a statement, unless it has ended or no longer waits for that transaction.
// Neither session can send anything meanwhile.
func (w *watch) end(p *pool, b *blocked) error {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.holder.mu.Lock()
	defer b.holder.mu.Unlock()
	if b.server.turn != b.turn || !b.holder.lastsOn() {
		return nil
	}
	sql := fmt.Sprintf("SELECT pg_catalog.pg_cancel_backend(a.pid)%s AND a.pid = %d AND %d = ANY (pg_catalog.pg_blocking_pids(a.pid))",
		waitsSQL, b.server.pid, b.holder.pid)
	rows, err := w.ask(p, sql)
	if err == nil && len(rows) > 0 {
		b.server.ended = b.reason()
	}
	return err
}
