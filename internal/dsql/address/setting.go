package address

import (
	"strings"

	"dsql-load-test/internal/secret"
)

// setting is one of libpq's settings, which a connection string's key or a variable gives.
type setting struct {
	key, variable string
	// allowed names the values that the setting may have; empty if any will do.
	allowed string
	// login: it is about the server, the user or the password. For a cluster these come from
	// the flags and the IAM token, so the variable doesn't apply.
	login bool
	// hidden: the value may be secret.
	hidden bool
	// file: the value is the path of a file with a secret in it. Some people set the secret.
	file bool
}

// settings are libpq's settings that have a variable (PostgreSQL 18, "Environment Variables").
// Other variables that begin with PG apply if pgx reads them.
func settings() []setting {
	const (
		ssl      = "disable, allow, prefer, require, verify-ca or verify-full"
		protocol = "3.0, 3.2 or latest, the lowest not above the highest"
	)
	return []setting{
		{key: "host", variable: "PGHOST", login: true},
		{key: "hostaddr", variable: "PGHOSTADDR", allowed: "IP addresses, separated by commas, one for each host", login: true},
		{key: "port", variable: "PGPORT", allowed: "1 to 65535: one for all hosts, or one for each, separated by commas", login: true},
		{key: "database", variable: "PGDATABASE", login: true},
		{key: "user", variable: "PGUSER", login: true},
		{key: "password", variable: "PGPASSWORD", login: true, hidden: true},
		{key: "passfile", variable: "PGPASSFILE", login: true, file: true},
		{key: "service", variable: "PGSERVICE", login: true},
		{key: "servicefile", variable: "PGSERVICEFILE", login: true},
		{key: "require_auth", variable: "PGREQUIREAUTH", allowed: "some of password, md5, gss, sspi, scram-sha-256, oauth and none, separated by commas, with a ! before all of them or before none", login: true},
		{key: "channel_binding", variable: "PGCHANNELBINDING", allowed: "disable, prefer or require", login: true},
		{key: "sslmode", variable: "PGSSLMODE", allowed: ssl, login: true},
		{key: "requiressl", variable: "PGREQUIRESSL", login: true},
		{key: "sslcert", variable: "PGSSLCERT", login: true},
		{key: "sslkey", variable: "PGSSLKEY", login: true, file: true},
		{key: "sslpassword", variable: "PGSSLPASSWORD", login: true, hidden: true},
		{key: "sslcertmode", variable: "PGSSLCERTMODE", allowed: "disable, allow or require", login: true},
		{key: "sslsni", variable: "PGSSLSNI", login: true},
		{key: "requirepeer", variable: "PGREQUIREPEER", login: true},
		{key: "sslrootcert", variable: "PGSSLROOTCERT"},
		{key: "sslnegotiation", variable: "PGSSLNEGOTIATION", allowed: "postgres or direct"},
		{key: "sslcrl", variable: "PGSSLCRL"},
		{key: "sslcrldir", variable: "PGSSLCRLDIR"},
		{key: "ssl_min_protocol_version", variable: "PGSSLMINPROTOCOLVERSION", allowed: tlsVersionsAllowed},
		{key: "ssl_max_protocol_version", variable: "PGSSLMAXPROTOCOLVERSION", allowed: tlsVersionsAllowed},
		{key: "gssencmode", variable: "PGGSSENCMODE", allowed: "disable or prefer: connections encrypted by GSSAPI aren't to be had"},
		{key: "connect_timeout", variable: "PGCONNECT_TIMEOUT", allowed: "whole seconds, or 0 for the suite's own limit"},
		{key: "target_session_attrs", variable: "PGTARGETSESSIONATTRS", allowed: "any, read-write, read-only, primary, standby or prefer-standby"},
		{key: "load_balance_hosts", variable: "PGLOADBALANCEHOSTS", allowed: "disable or random"},
		{key: "min_protocol_version", variable: "PGMINPROTOCOLVERSION", allowed: protocol},
		{key: "max_protocol_version", variable: "PGMAXPROTOCOLVERSION", allowed: protocol},
		{key: "application_name", variable: "PGAPPNAME"},
		{key: "options", variable: "PGOPTIONS", hidden: true},
		{key: "timezone", variable: "PGTZ"},
		{key: "datestyle", variable: "PGDATESTYLE"},
		{key: "geqo", variable: "PGGEQO"},
	}
}

// settingOf returns the setting with that key or variable. An unknown one may be secret.
func settingOf(name string) setting {
	for _, s := range settings() {
		if s.key == strings.ToLower(name) || s.variable == name {
			return s
		}
	}
	return setting{key: name, variable: name, hidden: true}
}

// secret reports whether messages must not show the value.
func (s setting) secret(value string) bool {
	return s.hidden || s.file && value != "" && !secret.IsFile(value)
}

// shown returns variables with their values, except secret ones.
func (v variables) shown(names []string) string {
	var all []string
	for _, name := range names {
		if settingOf(name).secret(v[name]) {
			all = append(all, name)
			continue
		}
		all = append(all, name+" = "+orEmpty(v[name]))
	}
	return strings.Join(all, ", ")
}
