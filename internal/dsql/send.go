package dsql

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// send executes the statement on the held connection and returns the number of rows that the
// database reports as inserted. It calls pgconn, because pgx's own Exec encodes every parameter
// again. hold watches ctx in place of pgconn.
func (s *Insert) send(ctx context.Context) (affected int64, err error) {
	conn := s.held.conn.Conn()
	wire := conn.PgConn()
	open := !wire.IsClosed()
	var tag pgconn.CommandTag
	if s.db.mode != pgx.QueryExecModeSimpleProtocol {
		s.buffer.give(wire, s.sql, s.values)
	}
	switch {
	case s.held.statement != nil:
		tag, err = wire.ExecStatement(context.Background(), s.held.statement, s.values, s.formats(), nil).Close()
	case s.db.mode == pgx.QueryExecModeSimpleProtocol && s.arrays != nil:
		tag, err = conn.Exec(context.Background(), s.sql, s.arrays.texts()...)
	case s.db.mode == pgx.QueryExecModeSimpleProtocol:
		tag, err = conn.Exec(context.Background(), s.sql, texts(s.values)...)
	default: // the server infers the parameters' types
		tag, err = wire.ExecParams(context.Background(), s.sql, s.values, nil, s.formats(), nil).Close()
	}
	if err != nil {
		s.forget(wire)
		if open {
			err = unanswered(ctx, wire, err)
		}
		return 0, ended(ctx, err) // the commit comes after the command tag, and may fail then
	}
	s.arrived = lastArrival(wire.Conn())
	return tag.RowsAffected(), nil
}

// ended returns err as pgconn would if it had watched ctx.
func ended(ctx context.Context, err error) error {
	if !pgconn.Timeout(err) {
		return err
	}
	switch ctx.Err() {
	case nil:
		return err
	case context.Canceled:
		return context.Canceled
	}
	return fmt.Errorf("timeout: %w", ctx.Err())
}

// unanswered corrects the error of a statement on an open connection. If that is lost after the
// statement was sent by the simple protocol, pgconn only says that the connection is closed, as
// if nothing had been sent (MultiResultReader.NextResult drops the cause).
func unanswered(ctx context.Context, conn *pgconn.PgConn, err error) error {
	switch {
	case err == nil || !conn.IsClosed() || !pgconn.SafeToRetry(err) || errors.As(err, new(*net.OpError)):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("timeout: %w", ctx.Err())
	}
	return errors.New("the connection was lost before the answer came") // err would say that it is safe to retry
}

// prepares reports whether statements are prepared by name.
func (s *Insert) prepares() bool { return s.db.mode == pgx.QueryExecModeCacheStatement }

// prepared returns the statement if conn has it; nil if not.
func (s *Insert) prepared(conn *pgconn.PgConn) *pgconn.StatementDescription {
	statement, _ := conn.CustomData()[s.name].(*pgconn.StatementDescription)
	return statement
}

// equip gives the Insert its text and its prepared statement on conn, if it needs them. worked
// reports whether conn didn't have both.
func (s *Insert) equip(ctx context.Context, conn *pgconn.PgConn) (worked bool, err error) {
	if s.arrays != nil {
		text, known := conn.CustomData()[unnestText].(string)
		if !known {
			if text, err = unnestSQL(ctx, conn); err != nil {
				return true, err
			}
		}
		s.sql, worked = text, !known
	}
	if s.held.statement = s.prepared(conn); s.held.statement == nil && s.prepares() {
		s.held.statement, err = s.prepare(ctx, conn)
		worked = true
	}
	return worked, err
}

// prepare prepares the statement on conn.
func (s *Insert) prepare(ctx context.Context, conn *pgconn.PgConn) (*pgconn.StatementDescription, error) {
	known := conn.CustomData()
	if _, forgotten := known[s.name]; forgotten {
		if err := conn.Deallocate(ctx, s.name); err != nil {
			return nil, fmt.Errorf("deallocate the statement: %w", err)
		}
	}
	statement, err := conn.Prepare(ctx, s.name, s.sql, nil)
	known[s.name] = statement // nil after an error
	return statement, err
}

// forget makes the next equip ask and prepare again: as pgx does after every error of a statement,
// because the statement may be gone, or a change of the table may have made it unusable.
func (s *Insert) forget(conn *pgconn.PgConn) {
	if s.held.statement != nil {
		conn.CustomData()[s.name] = (*pgconn.StatementDescription)(nil)
	}
	delete(conn.CustomData(), unnestText)
}

// formats returns the formats of the parameters; nil means text.
func (s *Insert) formats() []int16 {
	if s.arrays != nil {
		return s.arrays.formats
	}
	return nil
}

// texts returns values as pgx's own arguments.
func texts(values [][]byte) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
