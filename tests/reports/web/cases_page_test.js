// node cases_page_test.js BUNDLE SHOTS: opens the page of a suite's run and compares it with summary.json.
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {browse, views} from './browser.js';

const bundle = resolve(process.argv[2]), shots = resolve(process.argv[3]);
const url = 'file://' + join(bundle, 'report.html');
const summary = JSON.parse(readFileSync(join(bundle, 'summary.json'), 'utf8'));
const shown_verdict = (one) => one.waived && ['fail', 'inconclusive'].includes(one.verdict) ? 'waived' : one.deviation ? 'deviation' : one.verdict;
const wanted = summary.cases.map(shown_verdict);
const finding = (verdict) => !['pass', 'not_applicable', 'not_run'].includes(verdict);

const look = async ({page, name, check}) => {
  const seen = await page.evaluate(() => ({
    verdict: document.getElementById('verdict').dataset.verdict,
    cases: [...document.querySelectorAll('#case-table tbody tr')].map((row) => ({status: row.className, id: row.querySelector('td.id').textContent})),
    troubles: [...document.querySelectorAll('article.case')].map((one) => one.dataset.case),
    clauses: document.querySelectorAll('.matrix tbody tr').length,
    bytes: [...document.querySelectorAll('.bytes')].map((one) => one.textContent),
    wire: document.querySelectorAll('article.fail .wire tbody tr').length,
    unlabelled: [...document.querySelectorAll('input')].filter((one) => !one.labels.length).length,
  }));
  check(`${name}: verdict`, seen.verdict === summary.verdict, seen.verdict);
  check(`${name}: every case once, in order`, JSON.stringify(seen.cases.map((one) => one.id)) === JSON.stringify(summary.cases.map((one) => one.id)));
  check(`${name}: with its verdict`, JSON.stringify(seen.cases.map((one) => one.status)) === JSON.stringify(wanted));
  check(`${name}: a section for each case to look at`, seen.troubles.length === wanted.filter(finding).length, String(seen.troubles.length));
  check(`${name}: the clause matrix`, seen.clauses === 9, String(seen.clauses));
  check(`${name}: bytes stand below each other`, seen.bytes.some((text) => /expected 0000  20 03 00 82 00\nreceived 0000  20 03 00 00 00\n {24}\^\^/.test(text)), JSON.stringify(seen.bytes));
  check(`${name}: the wire log`, seen.wire === 5, String(seen.wire));
  check(`${name}: every field has a label`, seen.unlabelled === 0);

  // The filter shows what it is asked for, and only that.
  const visible = () => page.locator('#case-table tbody tr:visible').count();
  await page.fill('#find', 'auth-01');
  check(`${name}: find by id`, await visible() === 1, String(await visible()));
  await page.fill('#find', '');
  for (const box of await page.locator('#filter input[type=checkbox]').all()) if (await box.getAttribute('value') !== 'fail') await box.uncheck();
  check(`${name}: only failures`, await visible() === wanted.filter((one) => one === 'fail').length, String(await visible()));
};

const bare = async ({page, check}) => {
  check('without JavaScript: all cases are there', await page.locator('#case-table tbody tr:visible').count() === summary.cases.length);
  check('without JavaScript: no filter that does nothing', !(await page.locator('#filter').isVisible()));
};

await browse({url, shots, views, look, bare});
