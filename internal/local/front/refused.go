package front

// refusedForm is a form of statements that DSQL doesn't have: how they start, as
// follows reads it, and the message of the error, whose SQLSTATE is 0A000.
type refusedForm struct{ pattern, message string }

// refusedForms are all of them, the first that fits first. Where no cluster's
// answer is known, the message follows the others: PostgreSQL's name of the parse
// node.
func refusedForms() []refusedForm {
	return []refusedForm{
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

		{"savepoint", "unsupported transaction statement: SAVEPOINT"},
		{"release", "unsupported transaction statement: RELEASE"},
		{"rollback|abort [work|transaction] to", "unsupported transaction statement: ROLLBACK TO"},
		{"prepare transaction", "unsupported transaction statement: PREPARE TRANSACTION"},
		{"prepare", "unsupported statement: Prepare"},
		{"commit prepared", "unsupported transaction statement: COMMIT PREPARED"},
		{"rollback prepared", "unsupported transaction statement: ROLLBACK PREPARED"},
		{"commit|end [work|transaction] and chain", "unsupported transaction statement: COMMIT AND CHAIN"},
		{"rollback|abort [work|transaction] and chain", "unsupported transaction statement: ROLLBACK AND CHAIN"},

		{"create [or] [replace] [constraint] trigger", "CREATE TRIGGER not supported"},
		{"create event trigger", "unsupported statement: CreateEventTrig"},
		{"create type ... as (", "unsupported statement: CompositeType"},
		{"create type", "CREATE TYPE not supported"},
		{"alter type", "ALTER TYPE not supported"},
		{"create extension", "unsupported statement: CreateExtension"},
		{"create database", "unsupported statement: Createdb"},
		{"create tablespace", "unsupported statement: CreateTableSpace"},
		{"create [or] [replace] rule", "unsupported statement: Rule"},
		{"create foreign table", "unsupported statement: CreateForeignTable"},
		{"create materialized view", "unsupported statement: CreateTableAs"},
		{"create [global|local] temporary|temp", "TEMPORARY or TEMP table not supported for CREATE TABLE"},
		{"create unlogged", "UNLOGGED table not supported for CREATE TABLE"},
		{"create table ... as", "unsupported statement: CreateTableAs"},
		{"alter system", "unsupported statement: AlterSystem"},
	}
}
