// Compares the compiler with the official binder over all golden queries: which are accepted, and the result columns.
// node compare.js RUNNER FOLDER [--all]; needs `npm ci` in this folder. Deviations that are meant stand in known.json.
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");

const floor = 0.97;

function loadLanguage() {
  try {
    require("@kusto/language-service-next/bridge.min.js");
    require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
  } catch (error) {
    console.log("SKIPPED: the official binder is not installed; run `npm ci` in tests/kql/oracle");
    process.exit(0);
  }
  return global.Kusto.Language;
}

function goldenFiles(folder) {
  return fs.readdirSync(folder, {withFileTypes: true}).flatMap(entry => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : goldenFiles(full);
    return entry.name.endsWith(".test") ? [full] : [];
  });
}

function queriesOf(file) {
  const queries = [];
  let current = null;
  let blankBefore = true;
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    if (blankBefore && (line === "kql" || line === "error")) {
      current = [];
      queries.push(current);
      blankBefore = false;
      continue;
    }
    if (line.startsWith("----")) current = null;
    if (current) current.push(line);
    blankBefore = line.trim() === "";
  }
  return queries.map(lines => lines.join("\n").trim());
}

function run(runner, args, input) {
  const done = childProcess.spawnSync(runner, args, {input, maxBuffer: 1 << 28});
  if (done.status !== 0) throw new Error("the runner failed on " + args.join(" "));
  return done.stdout.toString().split("\n").filter(line => line !== "");
}

function globalsFor(language, runner, file) {
  const symbols = language.Symbols;
  const tables = run(runner, ["--schema", file], "").map(line => {
    const table = JSON.parse(line);
    const columns = table.columns.map(([name, type]) => "['" + name + "']:" + type).join(", ");
    return new symbols.TableSymbol.$ctor7(table.name, "(" + columns + ")");
  });
  return language.GlobalState.Default.WithDatabase(new symbols.DatabaseSymbol.$ctor1("db", tables));
}

function official(language, globals, query) {
  const code = language.KustoCode.ParseAndAnalyze(query, globals);
  const diagnostics = code.GetDiagnostics();
  const errors = [];
  for (let i = 0; i < diagnostics.Count; ++i) {
    const one = diagnostics.getItem(i);
    if (one.Severity === "Error") errors.push(one.Message);
  }
  const columns = [];
  const type = code.ResultType;
  for (let i = 0; type && type.Columns && i < type.Columns.Count; ++i) {
    const column = type.Columns.getItem(i);
    columns.push([column.Name, column.Type.Name]);
  }
  return {ok: errors.length === 0, errors, columns, open: Boolean(type && type.IsOpen)};
}

function difference(ours, theirs) {
  if (ours.ok !== theirs.ok) {
    return ours.ok ? "accepted, official: " + theirs.errors.join(" | ")
                   : "refused (" + ours.error.split("\n")[0] + "), official accepts";
  }
  if (!ours.ok || theirs.open) return "";
  const a = ours.columns.map(column => column.join(":")).join(", ");
  const b = theirs.columns.map(column => column.join(":")).join(", ");
  return a === b ? "" : "columns " + a + "\n    official " + b;
}

function main() {
  const [runner, folder, all] = process.argv.slice(2);
  const language = loadLanguage();
  const known = JSON.parse(fs.readFileSync(path.join(__dirname, "known.json"), "utf8"));
  let total = 0, agreed = 0, meant = 0;
  for (const file of goldenFiles(folder)) {
    const queries = queriesOf(file);
    const globals = globalsFor(language, runner, file);
    const answers = run(runner, ["--columns", file], queries.join("\0")).map(x => JSON.parse(x));
    queries.forEach((query, i) => {
      ++total;
      const found = difference(answers[i], official(language, globals, query));
      if (found === "") {
        ++agreed;
      } else if (query in known) {
        ++meant;
        if (all) console.log(query + "\n    meant: " + known[query] + "\n    " + found);
      } else {
        console.log(query + "\n    " + found);
      }
    });
  }
  console.log(`${agreed} of ${total} golden queries agree with the official binder, ${meant} differ on purpose`);
  process.exit(agreed + meant < floor * total ? 1 : 0);
}

main();
