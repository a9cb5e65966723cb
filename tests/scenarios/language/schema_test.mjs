// Examples must be good for both; files with broken keys or values bad for both; and no single change of an example may
// be refused by the schema and accepted by the program, or have an unknown key that only the program sees.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync, copyFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import Ajv from 'ajv';
import YAML from 'yaml';

const [wanwu, root] = process.argv.slice(2);
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const judge = {};
for (const kind of ['scenario', 'target', 'suite', 'waivers'])
  judge[`${kind}/v1`] = ajv.compile(JSON.parse(execFileSync(wanwu, ['schema', kind], { encoding: 'utf8' })));

let failed = 0, compared = 0;
const fail = (text) => { failed += 1; console.log(`FAIL ${text}`); };
const parse = (path) => YAML.parse(readFileSync(path, 'utf8'), { version: '1.2', schema: 'core' });

function program(path) {
  const run = spawnSync(wanwu, ['validate', '--format', 'json', path], { encoding: 'utf8' });
  const codes = JSON.parse(run.stdout).diagnostics.map((d) => d.code);
  return { good: run.status === 0, codes, text: run.stdout };
}

// 1. Good files.
const good = [join(root, 'scenarios/targets/embedded.target.yaml')];
for (const folder of readdirSync(join(root, 'examples'), { withFileTypes: true }))
  if (folder.isDirectory())
    for (const file of readdirSync(join(root, 'examples', folder.name)))
      if (/\.(scenario|target|suite)\.yaml$/.test(file)) good.push(join(root, 'examples', folder.name, file));
const shipped = [];  // every file of every suite: those that are included are no suites by themselves
for (const suite of ['mqtt-3.1.1', 'mqtt-5.0'])
  for (const file of readdirSync(join(root, 'scenarios/suites', suite)))
    if (file.endsWith('.yaml')) shipped.push(join(root, 'scenarios/suites', suite, file));
const suites = join(root, 'tests/vectors/suites');
for (const name of ['words', 'region-mqtt']) good.push(join(suites, `${name}.suite.yaml`));
for (const path of [...shipped, join(suites, 'more.suite.yaml')]) {
  const tree = parse(path);
  if (!judge[tree.wanwu](tree)) fail(`ajv refuses ${path}: ${JSON.stringify(judge[tree.wanwu].errors.slice(0, 3))}`);
}
for (const path of good) {
  const tree = parse(path);
  const validate = judge[tree.wanwu];
  if (!validate(tree)) fail(`ajv refuses ${path}: ${JSON.stringify(validate.errors.slice(0, 3))}`);
  const ours = program(path);
  if (!ours.good) fail(`wanwu refuses ${path}: ${ours.text}`);
}

// 2. Broken files: bad for both.
const vectors = join(root, 'tests/vectors/language');
const broken = ['quantities.scenario', 'keys.scenario', 'faults.scenario', 'typo.scenario', 'broken.target', 'hooks.target'].map((name) => join(vectors, `${name}.yaml`));
broken.push(join(suites, 'keys.suite.yaml'), join(suites, 'waivers.suite.yaml'));
for (const path of broken) {
  const tree = parse(path);
  if (judge[tree.wanwu](tree)) fail(`ajv accepts ${path}`);
  if (program(path).good) fail(`wanwu accepts ${path}`);
}

// 3. One change at a time.
const work = mkdtempSync(join(tmpdir(), 'wanwu-schema-'));
function* changes(tree, path = []) {
  for (const key of Object.keys(tree)) {
    const at = [...path, key];
    yield { at, change: (t, k) => { t[`${k}zz`] = t[k]; delete t[k]; }, what: 'renamed' };
    yield { at, change: (t, k) => { t[k] = 30; }, what: '30' };
    yield { at, change: (t, k) => { t[k] = ['a']; }, what: 'a list' };
    if (tree[key] !== null && typeof tree[key] === 'object') yield* changes(tree[key], at);
  }
}
const batch = [];  // many files a start: the program takes a while to begin
function compare() {
  const run = spawnSync(wanwu, ['validate', '--format', 'json', ...batch.map((b) => b.file)], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const said = JSON.parse(run.stdout);
  if (said.dropped !== 0) fail(`${said.dropped} messages were dropped: the batch is too large`);
  for (const { file, where, theirs } of batch) {
    const ours = said.diagnostics.filter((d) => d.file === file && d.level === 'error').map((d) => d.code);
    compared += 1;
    if (theirs && ours.length === 0) fail(`${where}: only ajv refuses ${JSON.stringify(theirs)}`);
    if (!theirs && ours.includes('E101')) fail(`${where}: only wanwu sees an unknown key`);
  }
  batch.length = 0;
}
for (const path of [good[0], ...good.filter((p) => /04-storm|05-own|06-lua|words/.test(p))]) {
  for (const file of readdirSync(dirname(path))) if (/\.(yaml|lua|jsonld|csv)$/.test(file)) copyFileSync(join(dirname(path), file), join(work, file));
  const whole = parse(path);
  for (const { at, change, what } of changes(whole)) {
    const tree = structuredClone(whole);
    let parent = tree;
    for (const key of at.slice(0, -1)) parent = parent[key];
    if (Array.isArray(parent) && what === 'renamed') continue;
    change(parent, at[at.length - 1]);
    const validate = judge[tree.wanwu];
    if (!validate) continue;
    const file = join(work, `n${batch.length}-${basename(path)}`);
    writeFileSync(file, YAML.stringify(tree));
    batch.push({ file, where: `${basename(path)} ${at.join('.')} ${what}`, theirs: validate(tree) ? null : validate.errors[0] });
    if (batch.length === 12) compare();
  }
  compare();
}
rmSync(work, { recursive: true });
console.log(`${good.length + shipped.length + 1} good files, ${broken.length} broken ones, ${compared} single changes, ${failed} disagreements`);
process.exit(failed === 0 ? 0 : 1);
