package front

import (
	"fmt"

	"dsql-load-test/internal/local/front/wire"
)

// accessDenied refuses a token.
func accessDenied(hint string) *wire.Error {
	return &wire.Error{Fatal: true, Code: "08006", Message: "unable to accept connection, access denied", Hint: hint}
}

// noSNI refuses a client that doesn't name the server in its TLS handshake.
func noSNI(hint string) *wire.Error {
	return &wire.Error{Fatal: true, Code: "08006", Message: "unable to accept connection, sni was not received", Hint: hint}
}

func tooManyConnections() *wire.Error {
	return &wire.Error{Fatal: true, Code: "53300", Message: "Unable to accept connection, too many open connections."}
}

func rateExceeded() *wire.Error {
	return &wire.Error{Fatal: true, Code: "53400", Message: "Unable to accept connection, rate exceeded."}
}

func noDatabase(name string) *wire.Error {
	return &wire.Error{Fatal: true, Code: "3D000", Message: fmt.Sprintf("database %q does not exist", name)}
}

func noUser() *wire.Error {
	return &wire.Error{Fatal: true, Code: "28000", Message: "no PostgreSQL user name specified in startup packet"}
}
