// validate.js MODELS DESCRIPTIONS: every .tm.jsonld below the folder MODELS, and every description in the JSON array
// DESCRIPTIONS, against the schemas that W3C publishes. Proves first that it can fail.
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const compile = (name) => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile(read(require.resolve(name)));
};
const isModel = compile('wot-thing-model-types/schema/tm-json-schema-validation.json');
const isDescription = compile('wot-thing-description-types/schema/td-json-schema-validation.json');

let bad = 0;
const check = (valid, name, document) => {
  if (valid(document)) return;
  bad += 1;
  console.error(name, JSON.stringify(valid.errors.slice(0, 3), null, 1));
};

const [models, descriptions] = process.argv.slice(2);
const files = readdirSync(models, { recursive: true }).filter((f) => f.endsWith('.tm.jsonld'));
for (const file of files) check(isModel, file, read(join(models, file)));
const all = read(descriptions);
for (const one of all) check(isDescription, one.id, one);

const broken = { ...all[0], security: undefined };
const canFail = !isDescription(broken) && !isModel({ ...read(join(models, files[0])), '@type': 'Thing' });
console.log(`${files.length} models, ${all.length} descriptions, ${bad} invalid`);
process.exit(bad === 0 && canFail && files.length >= 35 && all.length === files.length ? 0 : 1);
