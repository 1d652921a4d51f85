package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// watchedSetting is a setting of the server that can end statements or slow them.
type watchedSetting struct {
	name string
	// matters reports whether a value, in the setting's base unit, does so.
	matters func(value string) bool
	effect  string
	kind    string // SQLSTATE of the errors that it causes
	quiet   string // a value that does neither
	// hidden: only administrators see its value.
	hidden bool
}

// isLimit reports whether the setting is a time limit of the server's.
func (w watchedSetting) isLimit() bool { return w.kind != "" && w.quiet == "0" }

// Advice returns advice on errors with a SQLSTATE that a pooler or one of the server's time
// limits causes; empty for others.
func Advice(sqlstate string) string {
	if hint := failure.Prepared(sqlstate); hint != "" {
		return hint
	}
	i := slices.IndexFunc(watchedSettings(), func(w watchedSetting) bool { return w.isLimit() && w.kind == sqlstate })
	if i < 0 {
		return ""
	}
	w := watchedSettings()[i]
	return "SHOW " + w.name + " as the function's user: " + w.effect + "; ALTER ROLE, ALTER DATABASE, the server's files and the URL's options can set it"
}

// Values in milliseconds from which on a setting doesn't matter.
const (
	longLimit  = 60_000 // a statement that takes as long has another problem
	longLogged = 100    // too few statements take as long for their log lines to cost anything
)

// watchedSettings are the settings that are checked, except those that decide whether the
// session may write (PostgreSQL's manual, "Client Connection Defaults", "Error Reporting and
// Logging", "Write Ahead Log" and "Replication").
func watchedSettings() []watchedSetting {
	limit := within(1, longLimit)
	of := func(values ...string) func(string) bool {
		return func(value string) bool { return slices.Contains(values, value) }
	}
	on, some := of("on"), func(value string) bool { return value != "" }
	debug := func(value string) bool { return strings.HasPrefix(value, "debug") }
	const logged = "the log gets lines for each statement, which take time"
	all := []watchedSetting{
		{name: "statement_timeout", matters: limit, effect: "it ends statements that take longer", kind: failure.Cancelled, quiet: "0"},
		{name: "lock_timeout", matters: limit, effect: "it ends statements that wait longer for a lock", kind: failure.LockWait, quiet: "0"},
		{name: "transaction_timeout", matters: limit, effect: "it ends transactions that take longer, and their connections", kind: failure.LongTransaction, quiet: "0"},
		{name: "idle_in_transaction_session_timeout", matters: limit, effect: "it ends connections whose transaction waits longer for its client", kind: failure.IdleTransaction, quiet: "0"},
		{name: "idle_session_timeout", matters: limit, effect: "it ends connections that are unused for longer, and statements wait for new ones", kind: failure.IdleSession, quiet: "0"},
		{name: "log_min_duration_statement", matters: within(0, longLogged), effect: "the log gets a line for each statement that takes as long, which takes time", quiet: "-1"},
		{name: "log_min_duration_sample", matters: within(0, longLogged), effect: "the log gets lines for some of the statements that take as long, which take time", quiet: "-1"},
		{name: "auto_explain.log_min_duration", matters: within(0, longLogged), effect: "the log gets the plan of each statement that takes as long, which takes time", quiet: "-1"},
		{name: "log_statement", matters: of("mod", "all"), effect: logged, quiet: "none"},
		{name: "log_transaction_sample_rate", matters: func(value string) bool { return value != "0" }, effect: "the log gets the statements of some transactions, which takes time", quiet: "0"},
		{name: "log_min_messages", matters: debug, effect: logged, quiet: "warning"},
		{name: "client_min_messages", matters: debug, effect: "the server sends lines with each statement, which take time", quiet: "notice"},
		{name: "session_preload_libraries", matters: some, effect: "each connection loads these modules, which may slow statements", quiet: "''", hidden: true},
		{name: "local_preload_libraries", matters: some, effect: "each connection loads these modules, which may slow statements", quiet: "''"},
		{name: "commit_delay", matters: func(value string) bool { return value != "0" }, effect: "a commit may wait as many microseconds for others", quiet: "0"},
		{name: "session_replication_role", matters: of("replica"), effect: "the table's ordinary triggers and foreign keys are off", quiet: "origin"},
		{
			name: "default_transaction_isolation", matters: of("serializable"),
			effect: "without the front, statements may fail as conflicts (40001) and are tried again", kind: failure.Conflict, quiet: "'read committed'",
		},
	}
	for _, name := range []string{
		"log_duration", "log_parser_stats", "log_planner_stats", "log_executor_stats", "log_statement_stats", "debug_print_parse", "debug_print_rewritten", "debug_print_plan",
	} {
		all = append(all, watchedSetting{name: name, matters: on, effect: logged, quiet: "off"})
	}
	return all
}

// within returns a test for numbers in [least, most).
func within(least, most int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n >= least && n < most
	}
}

// The settings that are checked beside watchedSettings.
const (
	defaultReadOnly = "default_transaction_read_only"
	readOnly        = "transaction_read_only"
	standbyNames    = "synchronous_standby_names"
	syncCommit      = "synchronous_commit"
)

func settingNames() []string {
	names := []string{defaultReadOnly, readOnly, "row_security", standbyNames, syncCommit}
	for _, w := range watchedSettings() {
		names = append(names, w.name)
	}
	return names
}

// roleSettings selects the settings $2 as ALTER ROLE and ALTER DATABASE set them in this
// database for the user $1, or for the user who logged in if $1 is empty (SET ROLE doesn't
// change these). If a setting is set several times, the row that applies comes first.
const roleSettings = `SELECT split_part(o, '=', 1), substr(o, strpos(o, '=') + 1), substr(o, strpos(o, '=') + 1),
	CASE WHEN s.setdatabase <> 0 AND s.setrole <> 0 THEN 'database user' WHEN s.setrole <> 0 THEN 'user' WHEN s.setdatabase <> 0 THEN 'database' ELSE 'global' END, '', ''
	FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS o WHERE split_part(o, '=', 1) = ANY ($2::text[])
	AND s.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = coalesce(nullif($1::text, ''), session_user::text)))
	AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()))
	ORDER BY s.setrole = 0, s.setdatabase = 0`

// settingFact is a setting of the session, or one at a login of the user.
type settingFact struct {
	Name  string
	Shown string // with its unit
	Raw   string // in its base unit
	// Source is as in pg_settings, such as "user"; File is set if Source is a file.
	Source, File string
	Login        string // who logged in
}

// setting returns a setting of the session; without a source if the database doesn't show it.
func (c *catalog) setting(name string) settingFact { return settingNamed(c.settings, name) }

// roleSetting returns a setting at a login of the user, as ALTER ROLE and ALTER DATABASE set
// it; without a source if they don't.
func (c *catalog) roleSetting(name string) settingFact { return settingNamed(c.roleSettings, name) }

// settingNamed returns the first setting of that name.
func settingNamed(all []settingFact, name string) settingFact {
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return settingFact{Name: name}
}

// setFor returns the role or database that a setting is set for, and the statement that
// changes it. A setting of the whole server is changed only for the user, to quiet.
func (c *comparison) setFor(s settingFact, quiet string) (of, cure string) {
	login := quoted(cmp.Or(s.Login, c.relation.User))
	database := quoted(c.database)
	scope := map[string]struct{ of, alter string }{
		"user":          {"role " + login, "ALTER ROLE " + login},
		"database user": {"role " + login + " in database " + database, "ALTER ROLE " + login + " IN DATABASE " + database},
		"database":      {"database " + database, "ALTER DATABASE " + database},
		"global":        {"all roles", "ALTER ROLE ALL"},
	}[s.Source]
	switch {
	case scope.of != "":
		return scope.of, scope.alter + " RESET " + s.Name
	case s.Source == "client":
		return "the connection", "leave it out of the URL and its options, and of PGOPTIONS"
	}
	of = "the server (" + s.Source + ")"
	if s.File != "" {
		of += ", in " + s.File
	}
	return of, "ALTER ROLE " + login + " SET " + s.Name + " = " + quiet
}

// found returns a setting as the result of a check.
func (c *comparison) found(s settingFact, w watchedSetting) bench.ServerSetting {
	of, cure := c.setFor(s, w.quiet)
	return bench.ServerSetting{Name: s.Name, Value: s.Shown, SetFor: of, Effect: w.effect, Cure: cure, Kind: w.kind}
}

// compareSettings notes the settings that end statements or slow them.
func (c *comparison) compareSettings() {
	if !c.relation.Own {
		return
	}
	for _, w := range watchedSettings() {
		s := c.setting(w.name)
		if w.hidden && s.Source == "" {
			s = c.roleSetting(w.name)
		}
		if s.Source != "" && w.matters(s.Raw) {
			c.out.Settings = append(c.out.Settings, c.found(s, w))
		}
	}
	waits := []string{"on", "remote_write", "remote_apply"}
	if names := c.setting(standbyNames); names.Raw != "" && slices.Contains(waits, c.setting(syncCommit).Raw) {
		found := c.found(names, watchedSetting{effect: "each commit waits for a standby, for ever if there is none"})
		found.Cure = "ALTER ROLE " + quoted(names.Login) + " SET " + syncCommit + " = local"
		c.out.Settings = append(c.out.Settings, found)
	}
}

// writable checks whether the user's transactions may write at all.
func (c *comparison) writable() {
	if c.replica {
		c.differs("name the primary server", "the server is a replica (pg_is_in_recovery() says so): it takes no writes")
		return
	}
	s := c.setting(defaultReadOnly)
	if !c.relation.Own {
		ofServer := slices.Contains([]string{"configuration file", "command line", "default"}, s.Source)
		if own := c.roleSetting(defaultReadOnly); own.Source != "" || !ofServer {
			s = own
		}
		s.Login = c.relation.User
	}
	const off = "SET " + defaultReadOnly + " = off; "
	of, cure := c.setFor(s, "off")
	switch {
	case isOn(s.Raw) && slices.Contains([]string{"user", "database user", "client"}, s.Source):
		c.differsForUser(cure, "%s = on, as set for %s: its transactions can't write", s.Name, of)
	case isOn(s.Raw) && slices.Contains([]string{"database", "global"}, s.Source):
		c.differsForUser(off+cure, "%s = on, as set for %s: its transactions can't write", s.Name, of)
	case isOn(s.Raw):
		c.differs(off+"ALTER SYSTEM SET "+s.Name+" = off; SELECT pg_reload_conf()", "%s = on, as set for %s: no transaction can write", s.Name, of)
	case c.setting(readOnly).Raw == "on" && c.relation.Own:
		c.differs("name a server, and a connection, that takes writes", "transaction_read_only = on: the session can't write")
	}
}

// isOn reads a boolean as ALTER ROLE keeps it.
func isOn(value string) bool {
	return slices.Contains([]string{"on", "true", "yes", "1"}, strings.ToLower(value))
}
