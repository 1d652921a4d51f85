-- What DSQL has in its schema sys, as far as the front has it.
CREATE SCHEMA IF NOT EXISTS sys;
CREATE TABLE IF NOT EXISTS sys.jobs (
    job_id text PRIMARY KEY,
    status text,
    details text,
    job_type text,
    class_id oid,
    object_id oid,
    object_name text,
    start_time timestamptz,
    update_time timestamptz
);
CREATE OR REPLACE PROCEDURE sys.wait_for_job(IN job_id text, INOUT succeeded boolean DEFAULT NULL) LANGUAGE sql
    AS 'SELECT status = ''completed'' FROM sys.jobs WHERE jobs.job_id = $1';
