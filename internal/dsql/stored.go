package dsql

import (
	"context"
	"encoding/hex"
	"fmt"

	"dsql-load-test/internal/event"
)

// Stored is what the table has of a statement's rows.
type Stored struct {
	Rows int64 // whose ids are there
	Own  int64 // those of them that were made at the moment at which the statement's rows were
}

// storedQuery tells rows of another sending by the moment in their data, for a column of
// dates may be of a type that keeps less, and a trigger may set it.
const storedQuery = "SELECT count(DISTINCT id), count(DISTINCT CASE WHEN event_data::text LIKE ANY($2) THEN id END) FROM " + Table + " WHERE id = ANY($1)"

// Stored returns what the table has of events.
func (db *DB) Stored(ctx context.Context, events []event.Event) (s Stored, err error) {
	ids, moments := make([]string, len(events)), []string{}
	last := ""
	for i := range events {
		ids[i] = events[i].ID
		if moment := events[i].Moment(); moment != last {
			last = moment
			moments = append(moments, "%"+moment+"%", "%"+hex.EncodeToString([]byte(moment))+"%") // of text, and of bytea
		}
	}
	if err := db.pool.QueryRow(ctx, storedQuery, ids, moments).Scan(&s.Rows, &s.Own); err != nil {
		return Stored{}, fmt.Errorf("ask for a statement's rows: %w", err)
	}
	return s, nil
}
