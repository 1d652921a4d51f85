package bench

import "fmt"

// ServerSetting is a setting of the database server that ends or slows the statements of a
// run.
type ServerSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`   // as in SHOW, with its unit
	SetFor string `json:"set_for"` // where it is set: a role, a database, the connection, or the server with its file
	Effect string `json:"effect"`  // on statements; "it" is the setting
	Cure   string `json:"cure"`    // SQL, or what to do
	// Kind is the SQLSTATE of the errors that it causes; empty if it causes none.
	Kind string `json:"kind,omitempty"`
}

// String returns all fields except Kind in one line.
func (s ServerSetting) String() string {
	return fmt.Sprintf("%s = %s, as set for %s: %s (to change that: %s)", s.Name, s.Value, s.SetFor, s.Effect, s.Cure)
}
