package dsql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
)

// Every type of column that the table may have stores what it stores of pgx's own parameters. A
// column of text has the moment as the JSON has it.
func TestStoredByTypes(t *testing.T) {
	t.Parallel()
	for column, types := range map[string]string{
		"id":           "varchar(255) text uuid",
		"event_type":   "varchar(20) text",
		"created_date": "timestamptz timestamp timestamptz(0) timestamp(3) date text varchar(27)",
		"event_data":   "text varchar(800) json jsonb bytea",
	} {
		for typ := range strings.FieldsSeq(types) {
			t.Run(column+" "+typ, func(t *testing.T) {
				a, db := dsqltest.WithTable(t)
				key := ""
				if column == "id" {
					key = " PRIMARY KEY"
				}
				a.Do("ALTER TABLE " + dsql.Table + " DROP COLUMN " + column + ", ADD COLUMN " + column + " " + typ + key)
				e := dsqltest.Events(1)
				if n, err := dsqltest.Insert(context.Background(), db, e); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				var same bool
				value := map[string]any{
					"id": string(e[0].ID), "event_type": string(e[0].Type), "created_date": moment(t, e[0].Moment, typ), "event_data": e[0].Data,
				}[column]
				a.Do("CREATE TABLE theirs (value " + typ + ")")
				if _, err := a.Exec(context.Background(), "INSERT INTO theirs VALUES ($1)", value); err != nil {
					t.Fatal(err)
				}
				if err := a.QueryRow(context.Background(), "SELECT "+column+"::text = value::text FROM theirs, "+dsql.Table).Scan(&same); err != nil || !same {
					t.Errorf("stored otherwise: %v", err)
				}
			})
		}
	}
}

// moment returns the time as pgx's argument for a column of that type.
func moment(t *testing.T, text []byte, typ string) any {
	if typ == "text" || strings.HasPrefix(typ, "varchar") {
		return string(text)
	}
	made, err := time.Parse("2006-01-02T15:04:05.000000Z", string(text))
	if err != nil {
		t.Fatal(err)
	}
	return made
}
