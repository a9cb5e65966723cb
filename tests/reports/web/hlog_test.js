// node hlog_test.js BUNDLE: an independent reader finds in latency.hlog what summary.json says.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import hdr from 'hdr-histogram-js';

const bundle = process.argv[2];
const summary = JSON.parse(readFileSync(join(bundle, 'summary.json'), 'utf8'));
const reader = new hdr.HistogramLogReader(readFileSync(join(bundle, 'latency.hlog'), 'utf8'), 32, false);
const merged = new Map();
let lines = 0;
for (let read; (read = reader.nextIntervalHistogram()) != null; ++lines) {
  const tag = read.tag.split('|');
  const key = tag[1] === 'all' ? tag[0] + '|all' : tag[0] + '|' + tag[1].split('.').slice(1).join('.') + '|' + tag[2];
  if (!merged.has(key)) merged.set(key, hdr.build({lowestDiscernibleValue: 1, highestTrackableValue: 3600000000, numberOfSignificantValueDigits: tag[1] === 'all' && tag[0] !== 'lag' ? 3 : 2}));
  merged.get(key).add(read);
}

let failures = 0;
const check = (what, got, expected) => {
  if (got === expected) return;
  console.error(`${what}: the reader says ${got}, summary.json says ${expected}`);
  ++failures;
};
let compared = 0;
for (const row of summary.metrics['telemetry.latency']) {
  if (row.phase !== '') continue;
  const {sector, kind, protocol} = row.tags;
  const of = merged.get(sector ? `telemetry|${sector}.${kind}|${protocol}` : 'telemetry|all');
  const who = sector ? `${sector}/${kind}` : 'all';
  if (!of) { console.error(`${who}: not in the log`); ++failures; continue; }
  check(`${who} count`, of.totalCount, row.count);
  check(`${who} p50`, of.getValueAtPercentile(50), row.p50_us);
  check(`${who} p99`, of.getValueAtPercentile(99), row.p99_us);
  check(`${who} p99.9`, of.getValueAtPercentile(99.9), row['p99.9_us']);
  check(`${who} max`, of.maxValue, row.max_us);
  ++compared;
}
if (compared < 2 || lines < 2) { console.error(`only ${compared} rows and ${lines} lines compared`); ++failures; }
console.log(`${lines} lines read, ${compared} rows compared, ${failures} differ`);
process.exit(failures === 0 ? 0 : 1);
