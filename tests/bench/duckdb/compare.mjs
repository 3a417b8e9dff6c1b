// Asks Harrier and DuckDB the same questions in turn and prints their times as a table.
// usage: compare.mjs QUERY_BENCH FOLDER ROWS PAIRS THREADS
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';

const [bench, folder, rowsText, pairsText, threads] = process.argv.slice(2);
const rows = Number(rowsText);
const pairs = Number(pairsText);
const tables = ['DeviceProcessEvents', 'DeviceNetworkEvents'];

function lines(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(bench, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.on('close', (code) => (code === 0 ? resolve(text.trim().split('\n')) : reject(new Error(args.join(' ')))));
  });
}

async function load(connection) {
  for (const table of tables) {
    const columns = (await lines(['columns', table])).map((line) => line.split(' '));
    const list = columns.map(([name, type]) => `'${name}': '${type}'`).join(', ');
    const pipe = `${folder}/${table}.csv`;
    execFileSync('mkfifo', [pipe]);
    spawn('sh', ['-c', '"$0" csv "$1" "$2" >"$3"', bench, table, rowsText, pipe], { stdio: 'inherit' });
    await connection.run(
      `CREATE TABLE ${table} AS SELECT * FROM read_csv('${pipe}', header = false, auto_detect = false, ` +
        `parallel = false, columns = {${list}})`);
    unlinkSync(pipe);
  }
  await connection.run('CHECKPOINT');
}

class Harrier {
  constructor() {
    this.child = spawn(bench, ['ask', folder, threads], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(text) {
    this.child.stdin.write(`${text}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`no answer to ${text}`);
    return JSON.parse(value);
  }
}

async function askDuck(connection, sql) {
  const begin = process.hrtime.bigint();
  const result = await connection.runAndReadAll(sql);
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  return { ms, rows: result.getRows().map((row) => row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell))) };
}

const first = Date.parse('2026-11-01T00:00:00Z');
const since = (share) => new Date(first + Math.floor(rows * (1 - share)) * 200).toISOString();
const kql = 'DeviceProcessEvents | ';
const sql = (what, rest) => `SELECT ${what} FROM DeviceProcessEvents ${rest}`;
const word = String.raw`regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{Nd}])bypass($|[^\p{L}\p{Nd}])')`;
const last = (share, condition) => [
  `${kql}where Timestamp >= datetime(${since(share)}) | where ProcessCommandLine has 'bypass' | count`,
  sql('count(*)', `WHERE Timestamp >= TIMESTAMP '${since(share).slice(0, -1)}' AND ${condition}`),
];
const questions = [
  ['has', `${kql}where ProcessCommandLine has 'bypass' | count`, sql('count(*)', `WHERE ${word}`)],
  ['contains', `${kql}where ProcessCommandLine contains 'POLICY byp' | count`,
    sql('count(*)', `WHERE ProcessCommandLine ILIKE '%POLICY byp%'`)],
  ['contains, rows', `${kql}where ProcessCommandLine contains 'POLICY byp' | project Timestamp, DeviceName, FileName, ProcessCommandLine | summarize count(), max(strlen(ProcessCommandLine)) by FileName`,
    sql('FileName, count(*), max(length(ProcessCommandLine))', `WHERE ProcessCommandLine ILIKE '%POLICY byp%' GROUP BY ALL`)],
  ['summarize by 1', `${kql}summarize count() by FileName`, sql('FileName, count(*)', 'GROUP BY ALL')],
  ['summarize by 2', `${kql}summarize n = count() by FileName, DeviceName | sort by n desc, FileName asc, DeviceName asc | take 10`,
    sql('FileName, DeviceName, count(*) AS n', 'GROUP BY ALL ORDER BY n DESC, FileName, DeviceName LIMIT 10')],
  ['dcount', `${kql}summarize dcount(DeviceId) by FileName`, sql('FileName, count(DISTINCT DeviceId)', 'GROUP BY ALL')],
  ['join', `${kql}where FileName == 'program7.exe' | project DeviceId, ProcessCommandLine | join kind=inner (DeviceNetworkEvents | where RemotePort == 443 | project DeviceId, RemoteIP) on DeviceId | count`,
    `SELECT count(*) FROM DeviceProcessEvents p JOIN DeviceNetworkEvents n ON p.DeviceId = n.DeviceId WHERE p.FileName = 'program7.exe' AND n.RemotePort = 443`],
  ['has, last 10 %', ...last(0.1, word)],
  ['has, last 1 %', ...last(0.01, word)],
];

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const canonical = (answer) => JSON.stringify(answer.rows.map((row) => JSON.stringify(row)).sort());

const file = `${folder}/rows.duckdb`;
const fresh = !existsSync(file);
const instance = await DuckDBInstance.create(file, { threads });
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");
if (fresh) await load(connection);
let harrier = new Harrier();

console.log(`${rows} processes, ${Math.floor(rows / 5)} network events, ${threads} threads, medians of ${pairs} pairs`);
console.log(`${'query'.padEnd(18)}${'Harrier ms'.padStart(12)}${'DuckDB ms'.padStart(12)}${'ratio'.padStart(8)}`);
let wrong = 0;
async function compare(name, ours, theirs) {
  const times = [[], []];
  let same = true;
  for (let pair = 0; pair <= pairs; ++pair) {
    const a = await harrier.ask(ours);
    const b = await askDuck(connection, theirs);
    same &&= canonical(a) === canonical(b);
    if (pair === 0) continue;  // warms both
    times[0].push(a.ms);
    times[1].push(b.ms);
  }
  const [a, b] = times.map(median);
  if (!same) ++wrong;
  console.log(`${name.padEnd(18)}${a.toFixed(1).padStart(12)}${b.toFixed(1).padStart(12)}${(a / b).toFixed(2).padStart(8)}${same ? '' : '  different answers'}`);
}
for (const question of questions) await compare(...question);
harrier.child.stdin.end();

const begin = Date.now();
execFileSync(bench, ['columnstore', folder, '1']);
console.log(`with columnstore = ["FileName", "DeviceName", "DeviceId", "RemotePort"], made in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
harrier = new Harrier();
for (const question of questions.filter(([name]) => /summarize|dcount|join/.test(name))) await compare(...question);
harrier.child.stdin.end();
execFileSync(bench, ['columnstore', folder, '0']);
process.exit(wrong === 0 ? 0 : 1);
