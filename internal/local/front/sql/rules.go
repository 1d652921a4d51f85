package sql

import "strings"

// refusedForm is a form of statements that DSQL doesn't have: how they start, as
// statement.follows reads it, and the message of the error, whose SQLSTATE is 0A000.
type refusedForm struct{ pattern, message string }

// fits reports whether s, whose first word is verb, has the form. Most statements
// differ in that word.
func (f *refusedForm) fits(s statement, verb string) bool {
	rest, found := strings.CutPrefix(f.pattern, verb)
	return found && (rest == "" || rest[0] == ' ') && s.matches(1, strings.Fields(rest))
}

// refusedForms are all of them, the first that fits first. A form is refused
// where the Aurora DSQL User Guide says so or its syntax leaves it out. Where no
// cluster's answer is known, the message follows those that are: PostgreSQL's
// name of the parse node, of the action of ALTER TABLE, or of the clause.
func refusedForms(yield func(refusedForm) bool) {
	const (
		newRole  = "create role|user|group ... !role|group|user|admin|in|, "
		role     = "alter role|user ... !role|group|user|in|database|set|reset|to|=|, "
		newTable = "create table [if not exists] NAME "
		table    = "alter table [if exists] [only] NAME [*] ITEM "
		newIndex = "create [unique] index [async] [if not exists] [NAME] on [only] NAME "
		index    = "alter index [if exists] NAME "
		key      = " [nulls [not] distinct] [(...)] [include (...)] "
	)
	for _, form := range [...]refusedForm{
		{"truncate", "unsupported statement: Truncate"},
		{"listen", "unsupported statement: Listen"},
		{"notify", "unsupported statement: Notify"},
		{"unlisten", "unsupported statement: Unlisten"},
		{"lock", "unsupported statement: Lock"},
		{"do", "unsupported statement: Do"},
		{"copy", "unsupported statement: Copy"},
		{"cluster", "unsupported statement: Cluster"},
		{"discard", "unsupported statement: Discard"},
		{"load", "unsupported statement: Load"},
		{"checkpoint", "unsupported statement: CheckPoint"},
		{"reindex", "unsupported statement: Reindex"},
		{"execute", "unsupported statement: Execute"},
		{"vacuum", "unsupported VACUUM statement"},
		{"analyze END", "unsupported ANALYZE statement"},
		{"analyze verbose|(", "unsupported ANALYZE statement"},
		{"analyze NAME (|,", "unsupported ANALYZE statement"},
		{"merge", "unsupported statement type: MERGE"},
		{"with ... merge into", "unsupported statement type: MERGE"},
		{"declare", "unsupported statement: DeclareCursor"},
		{"fetch", "unsupported statement: Fetch"},
		{"move", "unsupported statement: Fetch"},
		{"close", "unsupported statement: ClosePortal"},
		{"refresh materialized view", "unsupported statement: RefreshMatView"},
		{"import foreign schema", "unsupported statement: ImportForeignSchema"},
		{"security label", "unsupported statement: SecLabel"},
		{"reassign owned", "unsupported statement: ReassignOwned"},

		{"savepoint", "unsupported transaction statement: SAVEPOINT"},
		{"release", "unsupported transaction statement: RELEASE"},
		{"rollback [work|transaction] to", "unsupported transaction statement: ROLLBACK TO"},
		{"prepare transaction", "unsupported transaction statement: PREPARE TRANSACTION"},
		{"prepare", "unsupported statement: Prepare"},
		{"commit prepared", "unsupported transaction statement: COMMIT PREPARED"},
		{"rollback prepared", "unsupported transaction statement: ROLLBACK PREPARED"},
		{"commit [work|transaction] and chain", "unsupported transaction statement: COMMIT AND CHAIN"},
		{"rollback [work|transaction] and chain", "unsupported transaction statement: ROLLBACK AND CHAIN"},

		// Objects.
		{"create [or replace] [constraint] trigger", "CREATE TRIGGER not supported"},
		{"create event trigger", "unsupported statement: CreateEventTrig"},
		{"alter event trigger NAME enable|disable", "unsupported statement: AlterEventTrig"},
		{"create type NAME as (", "unsupported statement: CompositeType"},
		{"create type NAME as range", "unsupported statement: CreateRange"},
		{"create type", "CREATE TYPE not supported"},
		{"alter type|collation|conversion|aggregate|procedure|publication|subscription|policy|rule|trigger|server NAME ... rename to", "unsupported object in RENAME statement"},
		{"alter database NAME rename to", "unsupported object in RENAME statement"},
		{"alter type", "ALTER TYPE not supported"},
		{"create extension", "unsupported statement: CreateExtension"},
		{"alter extension", "unsupported statement: AlterExtension"},
		{"create database", "unsupported statement: Createdb"},
		{"alter database NAME set|reset !tablespace", "unsupported statement: AlterDatabaseSet"},
		{"alter database", "unsupported statement: AlterDatabase"},
		{"drop database", "unsupported statement: Dropdb"},
		{"create tablespace", "unsupported statement: CreateTableSpace"},
		{"alter tablespace", "unsupported statement: AlterTableSpaceOptions"},
		{"drop tablespace", "unsupported statement: DropTableSpace"},
		{"create [or replace] rule", "unsupported statement: Rule"},
		{"create policy", "unsupported statement: CreatePolicy"},
		{"alter policy", "unsupported statement: AlterPolicy"},
		{"create [or replace] procedure", "CREATE PROCEDURE not supported"},
		{"alter procedure", "ALTER PROCEDURE not supported"},
		{"create operator class", "unsupported statement: CreateOpClass"},
		{"create operator family", "unsupported statement: CreateOpFamily"},
		{"alter operator family", "unsupported statement: AlterOpFamily"},
		{"alter operator", "unsupported statement: AlterOperator"},
		{"create [or replace] aggregate|operator|collation", "unsupported statement: Define"},
		{"create text search", "unsupported statement: Define"},
		{"alter text search configuration", "unsupported statement: AlterTSConfiguration"},
		{"alter text search dictionary", "unsupported statement: AlterTSDictionary"},
		{"alter collation", "unsupported statement: AlterCollation"},
		{"create cast", "unsupported statement: CreateCast"},
		{"create [default] conversion", "unsupported statement: CreateConversion"},
		{"create [or replace] transform", "unsupported statement: CreateTransform"},
		{"create [or replace] [trusted] [procedural] language", "unsupported statement: CreatePLang"},
		{"create access method", "unsupported statement: CreateAm"},
		{"create publication", "unsupported statement: CreatePublication"},
		{"alter publication", "unsupported statement: AlterPublication"},
		{"create subscription", "unsupported statement: CreateSubscription"},
		{"alter subscription", "unsupported statement: AlterSubscription"},
		{"drop subscription", "unsupported statement: DropSubscription"},
		{"create foreign data wrapper", "unsupported statement: CreateFdw"},
		{"alter foreign data wrapper", "unsupported statement: AlterFdw"},
		{"create foreign table", "unsupported statement: CreateForeignTable"},
		{"create server", "unsupported statement: CreateForeignServer"},
		{"alter server", "unsupported statement: AlterForeignServer"},
		{"create user mapping for|if", "unsupported statement: CreateUserMapping"},
		{"alter user mapping for", "unsupported statement: AlterUserMapping"},
		{"drop user mapping for|if", "unsupported statement: DropUserMapping"},
		{"create materialized view", "unsupported statement: CreateTableAs"},
		{"alter system", "unsupported statement: AlterSystem"},
		{"alter large object", "unsupported statement: AlterOwner"},
		{"drop owned", "unsupported statement: DropOwned"},
		{"drop type|aggregate|cast|collation|conversion|extension|operator|policy|procedure|publication|rule|server|transform|trigger", "unsupported object in DROP statement"},
		{"drop event trigger", "unsupported object in DROP statement"},
		{"drop foreign data|table", "unsupported object in DROP statement"},
		{"drop materialized view", "unsupported object in DROP statement"},
		{"drop text search", "unsupported object in DROP statement"},
		{"drop access method", "unsupported object in DROP statement"},
		{"drop [procedural] language", "unsupported object in DROP statement"},
		{"drop index concurrently", "DROP INDEX CONCURRENTLY must be first action in transaction"},
		{"drop domain ... cascade", "DROP DOMAIN with CASCADE unsupported"},
		{"alter domain NAME add", "unsupported ALTER DOMAIN ADD CONSTRAINT statement"},
		{"alter domain NAME set not null", "unsupported ALTER DOMAIN SET NOT NULL statement"},

		// Roles and rights.
		{newRole + "superuser", "CREATE ROLE with SUPERUSER not supported"},
		{newRole + "createdb", "CREATE ROLE with CREATEDB not supported"},
		{newRole + "replication", "CREATE ROLE with REPLICATION not supported"},
		{newRole + "bypassrls", "CREATE ROLE with BYPASSRLS not supported"},
		{newRole + "password !null", "CREATE ROLE with PASSWORD not supported"},
		{role + "superuser", "ALTER ROLE with SUPERUSER not supported"},
		{role + "createdb", "ALTER ROLE with CREATEDB not supported"},
		{role + "replication", "ALTER ROLE with REPLICATION not supported"},
		{role + "bypassrls", "ALTER ROLE with BYPASSRLS not supported"},
		{role + "password !null", "ALTER ROLE with PASSWORD not supported"},
		{"grant ... on schema ITEM public", "feature not supported on system entity"},
		{"revoke ... on schema ITEM public", "feature not supported on system entity"},
		{"grant ... on database|language|tablespace|parameter|foreign|large !to|from|,|.", "unsupported object type in GRANT"},
		{"revoke ... on database|language|tablespace|parameter|foreign|large !to|from|,|.", "unsupported object type in GRANT"},

		// Tables. Their columns are looked at in column.go.
		{"create [global|local] temporary|temp table", "TEMPORARY or TEMP table not supported for CREATE TABLE"},
		{"create [global|local] temporary|temp sequence", "TEMPORARY or TEMP sequence not supported for CREATE SEQUENCE"},
		{"create [or replace] [global|local] temporary|temp", "TEMPORARY or TEMP view not supported for CREATE VIEW"},
		{"create unlogged table", "UNLOGGED table not supported for CREATE TABLE"},
		{"create unlogged", "UNLOGGED sequence not supported for CREATE SEQUENCE"},
		{"create table ... as", "unsupported statement: CreateTableAs"},
		{newTable + "partition of", "PARTITION OF clause not supported for CREATE TABLE"},
		{newTable + "[of NAME] [(...)] [inherits (...)] partition by", "PARTITION BY clause not supported for CREATE TABLE"},
		{newTable + "of", "OF clause not supported for CREATE TABLE"},
		{newTable + "(...) inherits", "INHERITS clause not supported for CREATE TABLE"},
		{newTable + "(...) using", "USING clause not supported for CREATE TABLE"},
		{newTable + "(...) with", "WITH clause not supported for CREATE TABLE"},
		{newTable + "(...) tablespace", "TABLESPACE clause not supported for CREATE TABLE"},
		{newTable + "( ITEM [constraint NAME] exclude using|(", "EXCLUDE constraint not supported for CREATE TABLE"},
		{newTable + "( ITEM .. collate", "COLLATE clause not supported"},
		{newTable + "( ITEM NAME .. compression pglz|lz4|default", "COMPRESSION clause not supported"},
		{newTable + "( ITEM .. unique|key" + key + "deferrable", "DEFERRABLE constraint not supported"},
		{newTable + "( ITEM .. unique|key" + key + "initially deferred", "DEFERRABLE constraint not supported"},

		// ALTER TABLE, by PostgreSQL's names of its actions.
		{"alter table all in tablespace", "unsupported statement: AlterTableMoveAll"},
		{table + "attach partition", "unsupported ALTER TABLE ATTACH PARTITION statement"},
		{table + "detach partition", "unsupported ALTER TABLE DETACH PARTITION statement"},
		{table + "inherit", "unsupported ALTER TABLE INHERIT statement"},
		{table + "no inherit", "unsupported ALTER TABLE NO INHERIT statement"},
		{table + "enable row level", "unsupported ALTER TABLE ENABLE ROW SECURITY statement"},
		{table + "disable row level", "unsupported ALTER TABLE DISABLE ROW SECURITY statement"},
		{table + "force row level", "unsupported ALTER TABLE FORCE ROW SECURITY statement"},
		{table + "no force row level", "unsupported ALTER TABLE NO FORCE ROW SECURITY statement"},
		{table + "enable [always|replica] trigger", "unsupported ALTER TABLE ENABLE TRIGGER statement"},
		{table + "disable trigger", "unsupported ALTER TABLE DISABLE TRIGGER statement"},
		{table + "enable [always|replica] rule", "unsupported ALTER TABLE ENABLE RULE statement"},
		{table + "disable rule", "unsupported ALTER TABLE DISABLE RULE statement"},
		{table + "of", "unsupported ALTER TABLE OF statement"},
		{table + "not of", "unsupported ALTER TABLE NOT OF statement"},
		{table + "cluster on", "unsupported ALTER TABLE CLUSTER ON statement"},
		{table + "set without cluster", "unsupported ALTER TABLE SET WITHOUT CLUSTER statement"},
		{table + "set without oids", "unsupported ALTER TABLE SET WITHOUT OIDS statement"},
		{table + "set access method", "unsupported ALTER TABLE SET ACCESS METHOD statement"},
		{table + "set logged", "unsupported ALTER TABLE SET LOGGED statement"},
		{table + "set unlogged", "unsupported ALTER TABLE SET UNLOGGED statement"},
		{table + "set tablespace", "unsupported ALTER TABLE SET TABLESPACE statement"},
		{table + "set (", "unsupported ALTER TABLE SET statement"},
		{table + "reset (", "unsupported ALTER TABLE RESET statement"},
		{table + "replica identity", "unsupported ALTER TABLE REPLICA IDENTITY statement"},
		{table + "validate constraint", "unsupported ALTER TABLE VALIDATE CONSTRAINT statement"},
		{table + "add [constraint NAME] primary|exclude key|using|(", "unsupported ALTER TABLE ADD CONSTRAINT statement"},
		{table + "add [constraint NAME] unique !using", "unsupported ALTER TABLE ADD CONSTRAINT statement"},
		{table + "alter [column] NAME [set data] type", "unsupported ALTER TABLE ALTER COLUMN ... SET DATA TYPE statement"},
		{table + "alter [column] NAME set not null", "unsupported ALTER TABLE ALTER COLUMN ... SET NOT NULL statement"},
		{table + "alter [column] NAME set statistics", "unsupported ALTER TABLE ALTER COLUMN ... SET STATISTICS statement"},
		{table + "alter [column] NAME set compression", "unsupported ALTER TABLE ALTER COLUMN ... SET COMPRESSION statement"},
		{table + "alter [column] NAME set (", "unsupported ALTER TABLE ALTER COLUMN ... SET statement"},
		{table + "alter [column] NAME reset (", "unsupported ALTER TABLE ALTER COLUMN ... RESET statement"},
		{index + "attach partition", "unsupported ALTER INDEX ATTACH PARTITION statement"},
		{index + "set tablespace", "unsupported ALTER INDEX SET TABLESPACE statement"},
		{index + "set|reset (", "unsupported ALTER INDEX SET statement"},
		{index + "[no] depends", "unsupported ALTER INDEX DEPENDS ON EXTENSION statement"},
		{index + "alter", "unsupported ALTER INDEX ALTER COLUMN ... SET STATISTICS statement"},

		// Indexes, in the order in which a cluster looks.
		{"create [unique] index [async] concurrently", "CONCURRENTLY not supported for CREATE INDEX"},
		{newIndex + "using", "USING not supported for CREATE INDEX"},
		{"create [unique] index !async", "unsupported mode. please use CREATE INDEX ASYNC."},
		{newIndex + "(...) [include (...)] [nulls [not] distinct] with", "WITH not supported for CREATE INDEX"},
		{newIndex + "(...) [include (...)] [nulls [not] distinct] tablespace", "TABLESPACE not supported for CREATE INDEX"},
		{newIndex + "( ITEM .. asc|desc", "specifying sort order not supported for index keys"},
		{newIndex + "( ITEM .. collate", "COLLATE clause not supported"},
		{newIndex + "( ITEM NAME [(...)] !nulls|,|)|(", "operator class not supported for index keys"},
		{newIndex + "( ITEM (...) !nulls|,|)|(", "operator class not supported for index keys"},
	} {
		if !yield(form) {
			return
		}
	}
}
