package failure

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// RefusesParameter reports whether a connection failed because the server, or a pooler before
// it, doesn't accept a parameter of the session or its value.
func RefusesParameter(err error) bool {
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && (RefusedParameter(refused) || UnknownToPooler(refused))
}

// RefusedParameter reports whether the server refused a parameter of the session.
func RefusedParameter(refused *pgconn.PgError) bool {
	return slices.Contains([]string{"42704", "22023", "42601", NoRight, "55P02", "0A000", "22P02"}, refused.Code)
}

// UnknownToPooler reports whether a pooler refused a parameter of the session.
func UnknownToPooler(refused *pgconn.PgError) bool {
	return unknownParameter(refused.Code, refused.Message)
}
