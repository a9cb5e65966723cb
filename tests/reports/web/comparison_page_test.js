// node comparison_page_test.js FOLDER SHOTS: opens the page that puts runs of a suite side by side.
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {browse, views} from './browser.js';

const folder = resolve(process.argv[2]), shots = resolve(process.argv[3]);
const url = 'file://' + join(folder, 'report.html');
const wanted = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));

const look = async ({page, name, check}) => {
  const seen = await page.evaluate(() => ({
    targets: document.querySelectorAll('#targets tbody tr').length,
    rows: [...document.querySelectorAll('#case-table tbody tr')].map((row) => ({how: row.className, verdicts: row.querySelectorAll('td.result').length})),
  }));
  check(`${name}: every target`, seen.targets === wanted.targets, String(seen.targets));
  check(`${name}: every case, a verdict for each target`, seen.rows.length === wanted.cases && seen.rows.every((row) => row.verdicts === wanted.targets));
  const differing = seen.rows.filter((row) => row.how === 'differs').length;
  check(`${name}: as many differ`, differing === wanted.differ, String(differing));
  check(`${name}: those come first`, seen.rows.slice(0, differing).every((row) => row.how === 'differs'));
  for (const box of await page.locator('#filter input[type=checkbox]').all()) if (await box.getAttribute('value') !== 'differs') await box.uncheck();
  check(`${name}: only what differs`, await page.locator('#case-table tbody tr:visible').count() === differing);
};

const bare = async ({page, check}) => {
  check('without JavaScript: all cases are there', await page.locator('#case-table tbody tr:visible').count() === wanted.cases);
};

await browse({url, shots, views, look, bare});
