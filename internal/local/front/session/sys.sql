-- What DSQL has in its schema sys, as far as the front has it.
SELECT pg_advisory_xact_lock(hashtext('schema sys')); -- several fronts may make it at once
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
CREATE OR REPLACE PROCEDURE sys.wait_for_job(IN job_id text, INOUT succeeded boolean DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    SELECT status = 'completed' INTO succeeded FROM sys.jobs WHERE jobs.job_id = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job % does not exist', $1 USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
-- What AWS IAM GRANT wrote down. A role takes its mappings along when it goes.
CREATE TABLE IF NOT EXISTS sys.iam_mappings (
    iam_oid int GENERATED ALWAYS AS IDENTITY (START WITH 16384),
    role oid,
    arn text,
    grantor oid DEFAULT current_user::regrole,
    PRIMARY KEY (role, arn)
);
CREATE OR REPLACE VIEW sys.iam_pg_role_mappings AS
    SELECT m.iam_oid::oid AS iam_oid, m.arn, r.oid AS pg_role_oid, r.rolname AS pg_role_name, m.grantor AS grantor_pg_role_oid, 'admin'::name AS grantor_pg_role_name
    FROM sys.iam_mappings AS m JOIN pg_catalog.pg_roles AS r ON r.oid = m.role;
