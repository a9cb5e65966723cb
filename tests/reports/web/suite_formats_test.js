// node suite_formats_test.js BUNDLE: independent readers of CTRF, EARL and TAP find in a suite's reports what summary.json says.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import jsonld from 'jsonld';
import earlVocabulary from '@vocabulary/earl';
import {Parser} from 'tap-parser';

const bundle = process.argv[2];
const read = name => readFileSync(join(bundle, name), 'utf8');
const summary = JSON.parse(read('summary.json'));
let failures = 0;
const check = (what, holds, detail = '') => {
  if (holds) return;
  console.error(`${what} ${detail}`);
  ++failures;
};
const equal = (what, got, expected) => check(what, got === expected, `is ${got}, summary.json says ${expected}`);

// CTRF: the schema that its own library ships.
const ajv = addFormats(new Ajv({allErrors: true, strict: false}));
const ctrf = JSON.parse(read('report.ctrf'));
const valid = ajv.compile(JSON.parse(readFileSync(new URL('node_modules/ctrf/dist/ctrf-schema-0.0.json', import.meta.url), 'utf8')));
check('CTRF against its schema', valid(ctrf), JSON.stringify(valid.errors?.slice(0, 5)));
equal('CTRF tests', ctrf.results.tests.length, summary.cases.length);
for (const word of ['passed', 'failed', 'pending', 'skipped', 'other']) {
  const counted = ctrf.results.tests.filter(one => one.status === word).length;
  check(`CTRF summary.${word}`, ctrf.results.summary[word] === counted, `is ${ctrf.results.summary[word]}, tests say ${counted}`);
}

// TAP: strict, so that whatever is no TAP is a failure of its own.
const tap = new Parser({strict: true});
const asserted = [];
tap.on('assert', one => asserted.push(one));
tap.on('extra', text => check('TAP', false, `has a line that is none: ${text}`));
tap.end(read('report.tap'));
equal('TAP asserts', asserted.length, summary.cases.length);
equal('TAP plan', tap.results.plan.end, summary.cases.length);
check('TAP', !asserted.some(one => one.tapError), 'is broken by a description');
for (const [i, one] of summary.cases.entries())
  check('TAP line', asserted[i].name.startsWith(one.id), `${i + 1} is ${asserted[i].name}, summary.json says ${one.id}`);

// EARL: as RDF, by the terms, domains and ranges of its vocabulary. Nothing may be fetched to read it.
const type = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const rdfs = 'http://www.w3.org/2000/01/rdf-schema#';
const earl = 'http://www.w3.org/ns/earl#';
const term = value => ({value});
const vocabulary = earlVocabulary({factory: {
  namedNode: term, blankNode: term, literal: term,
  quad: (subject, predicate, object) => ({subject: subject.value, predicate: predicate.value, object: object.value})}});
const said = (subject, predicate) => vocabulary.filter(q => q.subject === subject && q.predicate === predicate).map(q => q.object);
const terms = new Set(vocabulary.map(q => q.subject).filter(one => one.startsWith(earl)));

const offline = url => { throw new Error(`reading it asks for ${url}`); };
const triples = await jsonld.toRDF(JSON.parse(read('report.earl')), {documentLoader: offline});
const about = new Map();
for (const {subject, predicate, object} of triples) {
  if (!about.has(subject.value)) about.set(subject.value, new Map());
  const of = about.get(subject.value);
  of.set(predicate.value, [...(of.get(predicate.value) ?? []), object]);
  for (const one of [predicate.value, object.termType === 'NamedNode' ? object.value : ''])
    if (one.startsWith(earl)) check('EARL', terms.has(one), `has no term ${one}`);
}
const typesOf = node => {
  const own = [...(about.get(node)?.get(type) ?? []).map(one => one.value), ...said(node, type)];
  return new Set([...own, ...own.flatMap(one => said(one, rdfs + 'subClassOf'))]);
};
for (const {subject, predicate, object} of triples) {
  if (!predicate.value.startsWith(earl)) continue;
  for (const wanted of said(predicate.value, rdfs + 'domain'))
    check('EARL', typesOf(subject.value).has(wanted), `${predicate.value} is said of ${subject.value}, which is no ${wanted}`);
  for (const wanted of said(predicate.value, rdfs + 'range')) {
    const fits = wanted === rdfs + 'Literal' ? object.termType === 'Literal' : object.termType !== 'Literal' && typesOf(object.value).has(wanted);
    check('EARL', fits, `${predicate.value} is ${object.value}, which is no ${wanted}`);
  }
}
const assertions = [...about].filter(([, of]) => of.get(type)?.some(one => one.value === earl + 'Assertion'));
equal('EARL assertions', assertions.length, summary.cases.length);
for (const [node, of] of assertions) {
  for (const needed of ['assertedBy', 'subject', 'test', 'result'])
    check('EARL', of.get(earl + needed)?.length === 1, `${node} has not one ${needed}`);
  const outcome = about.get(of.get(earl + 'result')?.[0]?.value)?.get(earl + 'outcome');
  check('EARL', outcome?.length === 1, `${node} has not one outcome`);
}

if (failures > 0) process.exit(1);
console.log(`${summary.cases.length} cases: CTRF, EARL and TAP agree`);
