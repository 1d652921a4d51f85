package dsql

import "context"

// leave gives up all connections to a server that takes no writes: a new one finds the
// server that does, where the address leads to it by then.
func (db *DB) leave(f Failure) {
	if f.Kind == NotWritable {
		db.pool.Reset()
	}
}

// ready reports why no statement can be sent yet. A server that took no writes is asked
// by an INSERT without rows, which it refuses like any other.
func (db *DB) ready(ctx context.Context, last Failure) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return &unsentError{err}
	}
	defer conn.Release()
	if last.Kind != NotWritable {
		return nil
	}
	_, err = conn.Exec(ctx, "INSERT INTO "+Table+" (id) SELECT NULL WHERE false")
	if err != nil && Explain(err).again() == never {
		return nil // the statements will tell
	}
	return err
}
