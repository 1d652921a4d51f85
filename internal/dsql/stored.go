package dsql

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/event"
)

// Stored counts the rows of a statement that the table has.
type Stored struct {
	Rows int64 // with the statement's ids
	Own  int64 // those of Rows that this statement inserted, and not another sending of it
}

// storedQuery recognises rows of another sending by the moment in their data. The columns of
// dates aren't reliable: their type may keep less of the time, and a trigger may set them.
const storedQuery = "SELECT count(DISTINCT id), count(DISTINCT CASE WHEN event_data::text LIKE ANY($2) THEN id END) FROM " + Table + " WHERE id = ANY($1)"

// Stored counts the events that the table has.
func (db *DB) Stored(ctx context.Context, events []event.Event) (s Stored, err error) {
	ids, moments := make([]string, len(events)), []string{}
	last := ""
	for i := range events {
		ids[i] = string(events[i].ID)
		if moment := string(events[i].Moment); moment != last {
			last = moment
			moments = append(moments, "%"+moment+"%", "%"+hex.EncodeToString([]byte(moment))+"%") // as text, and as bytea
		}
	}
	err = db.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		err := c.QueryRow(ctx, storedQuery, ids, moments).Scan(&s.Rows, &s.Own)
		return unanswered(ctx, c.Conn().PgConn(), err)
	})
	if err != nil {
		return Stored{}, fmt.Errorf("ask for a statement's rows: %w", err)
	}
	return s, nil
}
