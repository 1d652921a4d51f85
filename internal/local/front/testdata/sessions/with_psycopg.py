# Two sessions of psycopg in one thread. A line is a session's name, its SQL and,
# after a tab, the value of its parameter {}; the answer is a SQLSTATE or "ok".
import sys
import psycopg

sessions = {name: psycopg.connect(sys.argv[1], autocommit=True) for name in "AB"}
for line in sys.stdin:
    sql, _, value = line.rstrip("\n").partition("\t")
    name, sql = sql.split(" ", 1)
    try:
        sessions[name].execute(sql.replace("{}", "%s"), [int(value)] if value else None)
        print("ok", flush=True)
    except psycopg.Error as e:
        print(e.sqlstate, flush=True)
