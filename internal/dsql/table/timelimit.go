package table

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// Fault returns the error of a query on one line. If a time limit of the server ended the
// query, a hint names the setting.
func (t *Table) Fault(ctx context.Context, err error) error {
	err = failure.OneLine(err)
	kind := failure.Explain(err).Kind
	if kind == failure.NotWritable {
		return quote.Hint(err, "name the primary server, which takes writes")
	}
	i := slices.IndexFunc(watchedSettings(), func(w watchedSetting) bool { return w.isLimit() && w.kind == kind })
	if i < 0 || t.Cluster {
		return err
	}
	conn, failed := t.Pool.Acquire(ctx)
	if failed != nil {
		return err
	}
	defer conn.Release()
	s, failed := t.limit(ctx, conn, watchedSettings()[i])
	if failed != nil { // the first error is the one to report
		return err
	}
	return quote.Hint(err, "%s", s.String())
}

// limit reads a time limit in a transaction without it, because it may be too short for any
// query.
func (t *Table) limit(ctx context.Context, conn *pgxpool.Conn, w watchedSetting) (bench.ServerSetting, error) {
	c := &comparison{catalog: new(catalog), database: t.Pool.Config().ConnConfig.Database}
	s := settingFact{Name: w.name}
	if err := conn.Conn().PgConn().Exec(ctx, "BEGIN; SET LOCAL "+w.name+" = 0").Close(); err != nil {
		return bench.ServerSetting{}, err
	}
	rows, _ := conn.Query(ctx, roleSettings, "", []string{w.name}) // the rows hold its error
	err := into(&c.roleSettings, pgx.RowToStructByPos[settingFact])(rows)
	if err == nil { // source and sourcefile would describe SET LOCAL
		const query = `SELECT reset_val || coalesce(unit, ''), session_user::text FROM pg_catalog.pg_settings WHERE name = $1`
		err = conn.QueryRow(ctx, query, w.name).Scan(&s.Shown, &s.Login)
	}
	if err == nil {
		err = conn.Conn().PgConn().Exec(ctx, "ROLLBACK").Close()
	}
	given := conn.Conn().Config().RuntimeParams
	switch s.Source = c.roleSetting(w.name).Source; {
	case given[w.name] != "" || strings.Contains(given["options"], w.name):
		s.Source = "client"
	case s.Source == "":
		s.Source = "its configuration"
	}
	return c.found(s, w), err
}
