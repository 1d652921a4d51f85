package sql

import "fmt"

// Refusal is the error that a client gets for a statement which DSQL doesn't
// execute.
type Refusal struct{ Code, Message string } // SQLSTATE and text

// unsupported refuses what DSQL doesn't have.
func unsupported(format string, a ...any) *Refusal {
	return &Refusal{Code: "0A000", Message: fmt.Sprintf(format, a...)}
}

// syntax refuses a statement that can't be read from the token near on.
func syntax(near string) *Refusal {
	return &Refusal{Code: "42601", Message: fmt.Sprintf("syntax error at or near %q", near)}
}

// systemDenied refuses a change of the schema sys.
func systemDenied() *Refusal {
	return &Refusal{Code: "42501", Message: "permission denied for schema " + systemSchema}
}

// Unsettable refuses to set a parameter.
func Unsettable(name string) *Refusal {
	return unsupported("setting configuration parameter %q not supported", name)
}
