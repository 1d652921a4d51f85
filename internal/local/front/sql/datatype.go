package sql

import (
	"cmp"
	"strings"
)

// refusedTypes may not be a column's type. They are PostgreSQL's types that the User
// Guide doesn't list under "Supported data types".
const refusedTypes = " money xml inet cidr macaddr macaddr8 point line lseg box path polygon circle tsvector tsquery" +
	" int4range int8range numrange tsrange tstzrange daterange" +
	" int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange bit bit_varying pg_lsn" +
	" oid name regclass jsonpath pg_snapshot txid_snapshot xid xid8 cid tid refcursor "

// serialTypes are PostgreSQL's short forms of a column with a sequence.
const serialTypes = " serial bigserial smallserial serial2 serial4 serial8 "

// settable are the parameters that DSQL lets a session set.
const settable = " application_name client_encoding datestyle extra_float_digits intervalstyle timezone search_path" +
	" enable_bitmapscan enable_hashjoin enable_indexonlyscan enable_indexscan enable_material" +
	" enable_mergejoin enable_nestloop enable_seqscan "

// refusedFunctions are those of PostgreSQL's advisory locks and large objects.
const refusedFunctions = " pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared" +
	" pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared" +
	" pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all" +
	" lo_create lo_creat lo_from_bytea lo_get lo_import lo_export lo_open lo_put lo_unlink "

// xmlFunctions make or read xml.
const xmlFunctions = " xmlelement xmlforest xmlconcat xmlparse xmlpi xmlroot xmlserialize xmlexists xmltable xmlagg xmlcomment xpath xpath_exists" +
	" xml_is_well_formed query_to_xml table_to_xml "

func listed(list, word string) bool {
	return word != "" && strings.Contains(list, " "+word+" ")
}

// datatype is the type of a column.
type datatype struct {
	name  string // PostgreSQL's canonical one
	array bool
}

// String returns the type as a message has it.
func (d datatype) String() string {
	if d.array {
		return d.name + "[]"
	}
	return d.name
}

// refuse returns why no column may have the type, or nil.
func (d datatype) refuse() *Refusal {
	switch {
	case !d.array && listed(serialTypes, d.name):
		return &Refusal{Code: "42704", Message: `type "` + d.name + `" does not exist`}
	case d.array, listed(refusedTypes, strings.ReplaceAll(d.name, " ", "_")):
		return unsupported("datatype %s not supported", d)
	}
	return nil
}

// datatype reads the type that starts at token i, and returns the place after it.
func (s statement) datatype(i int) (datatype, int) {
	for s.is(i+1, ".") { // a schema's
		i += 2
	}
	name, next := s.typeName(i)
	if s.is(next, "(") {
		next = min(s.closing(next)+1, len(s.tokens))
	}
	if name == "timestamp" || name == "time" {
		name, next = s.withZone(name, next)
	}
	d := datatype{name: name}
	if s.is(next, "array") {
		d.array = true
		next++
	}
	for s.is(next, "[") {
		d.array = true
		for next < len(s.tokens) && !s.is(next, "]") {
			next++
		}
		next = min(next+1, len(s.tokens))
	}
	return d, next
}

// typeName returns the canonical name of the type whose first word is token i, and the
// place after the name.
func (s statement) typeName(i int) (name string, next int) {
	switch {
	case s.is(i, "national"):
		i++
	case s.has(i, "double", "precision"):
		return "double precision", i + 2
	}
	name = canonical(s.name(i))
	if s.is(i+1, "varying") {
		return name + " varying", i + 2
	}
	return name, i + 1
}

// canonical returns PostgreSQL's own name for a type's other names.
func canonical(name string) string {
	own := map[string]string{
		"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
		"float4": "real", "float8": "double precision", "float": "double precision", "decimal": "numeric", "dec": "numeric",
		"char": "character", "bpchar": "character", "nchar": "character", "varchar": "character varying", "varbit": "bit varying",
		"timestamptz": "timestamp with time zone", "timetz": "time with time zone",
	}[name]
	return cmp.Or(own, name)
}

// withZone returns the whole name of a time or timestamp.
func (s statement) withZone(name string, i int) (string, int) {
	switch {
	case s.has(i, "with", "time", "zone"):
		return name + " with time zone", i + 3
	case s.has(i, "without", "time", "zone"):
		i += 3
	}
	return name + " without time zone", i
}
