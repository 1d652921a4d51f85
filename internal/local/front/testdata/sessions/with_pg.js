// Two sessions of pg in one thread; the lines are those of with_psycopg.py.
const fs = require('fs')
const readline = require('readline')
const { Client } = require('pg')

async function main () {
  const sessions = {}
  for (const name of ['A', 'B']) {
    sessions[name] = new Client({ connectionString: process.argv[2], ssl: { ca: fs.readFileSync(process.argv[3]) } })
    await sessions[name].connect()
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [sql, value] = line.split('\t')
    try {
      await sessions[sql[0]].query(sql.slice(2).replace('{}', '$1'), value ? [Number(value)] : undefined)
      console.log('ok')
    } catch (e) {
      console.log(e.code)
    }
  }
  for (const name of ['A', 'B']) await sessions[name].end()
}

main()
