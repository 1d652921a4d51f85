package bench

import "fmt"

// ServerSetting is a setting of the database's server that ends the statements of a
// run, or slows them.
type ServerSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`   // as SHOW has it, with its unit
	SetFor string `json:"set_for"` // whom it holds for: a role, a database, the connection, the server with its file
	Effect string `json:"effect"`  // on statements, with "it" for the setting
	Cure   string `json:"cure"`    // SQL, or what to do
	// Kind is the SQLSTATE of the errors that it makes; empty where it makes none.
	Kind string `json:"kind,omitempty"`
}

// String tells all of it in a line.
func (s ServerSetting) String() string {
	return fmt.Sprintf("%s = %s, as set for %s: %s (to change that: %s)", s.Name, s.Value, s.SetFor, s.Effect, s.Cure)
}
