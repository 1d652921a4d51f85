package sql

// The types of the jobs that statements with ASYNC start.
const (
	indexBuild         = "INDEX_BUILD"
	ValidateConstraint = "VALIDATE_CONSTRAINT"
)

// job returns the type of the job that the statement starts by ASYNC, or "".
func (s statement) job() string {
	switch {
	case s.indexAt() > 0 && s.is(s.indexAt()+1, "async"):
		return indexBuild
	case s.has(0, "alter", "table", "async"):
		return ValidateConstraint
	}
	return ""
}

// forPostgres returns the statement without ASYNC and without the STORAGE of new
// columns, which PostgreSQL before version 16 doesn't have.
func (s statement) forPostgres() string {
	edits := s.storages()
	if s.job() != "" {
		edits = append(edits, without(s.find(0, "async"), 1))
	}
	return s.edited(edits...)
}

// readsSystem reports whether the statement names something of the schema sys.
func (s statement) readsSystem() bool { return s.first(0, len(s.tokens), s.inSystem) >= 0 }
