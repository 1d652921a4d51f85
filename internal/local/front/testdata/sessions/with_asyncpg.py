# Two sessions of asyncpg in one task; the lines are those of with_psycopg.py.
import asyncio
import ssl
import sys
import asyncpg


async def main():
    url, ca = sys.argv[1], sys.argv[2]
    context = ssl.create_default_context(cafile=ca)
    sessions = {name: await asyncpg.connect(url, ssl=context) for name in "AB"}
    for line in sys.stdin:
        sql, _, value = line.rstrip("\n").partition("\t")
        name, sql = sql.split(" ", 1)
        try:
            await sessions[name].execute(sql.replace("{}", "$1"), *([int(value)] if value else []))
            print("ok", flush=True)
        except asyncpg.PostgresError as e:
            print(e.sqlstate, flush=True)


asyncio.run(main())
