// node page_test.js BUNDLE SHOTS: opens BUNDLE/report.html in Chromium from disk, with no network, and looks at it.
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {browse, views} from './browser.js';

const bundle = resolve(process.argv[2]), shots = resolve(process.argv[3]);
const url = 'file://' + join(bundle, 'report.html');
const summary = JSON.parse(readFileSync(join(bundle, 'summary.json'), 'utf8'));

const look = async ({page, name, check}) => {
  const seen = await page.evaluate(() => ({
    verdict: document.getElementById('verdict').dataset.verdict,
    limits: [...document.querySelectorAll('.limits tbody tr')].map((row) => ({text: row.querySelector('code.text').textContent, result: row.className})),
    reasons: [...document.querySelectorAll('.reasons li')].map((one) => one.textContent),
    canvases: [...document.querySelectorAll('canvas')].map((canvas) => {
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const colors = new Set();
      for (let at = 0; at < pixels.length && colors.size < 3; at += 4) if (pixels[at + 3] > 0) colors.add(pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]);
      return colors.size;
    }),
    unlabelled: document.querySelectorAll('[role=img]:not([aria-label])').length,
  }));
  check(`${name}: verdict`, seen.verdict === summary.verdict, seen.verdict);
  check(`${name}: at least six charts`, seen.canvases.length >= 6, String(seen.canvases.length));
  check(`${name}: no chart is blank`, seen.canvases.every((colors) => colors >= 2), seen.canvases.join(' '));
  check(`${name}: every chart says what it shows`, seen.unlabelled === 0);
  check(`${name}: as many thresholds`, seen.limits.length === summary.thresholds.length);
  const clean = (text) => text.replace(/[\u0000-\u001f\u007f]/g, ' ');
  summary.thresholds.forEach((limit, i) => {
    check(`${name}: threshold ${i}`, seen.limits[i]?.text === clean(limit.text) && seen.limits[i]?.result === limit.result, JSON.stringify(seen.limits[i]));
  });
  summary.reasons.forEach((reason, i) => check(`${name}: reason ${i}`, seen.reasons[i] === clean(reason), seen.reasons[i]));
};

// Without JavaScript the tables still say everything.
const bare = async ({page, check}) => {
  const rows = await page.locator('.limits tbody tr').count();
  check('without JavaScript: thresholds are there', rows === summary.thresholds.length, String(rows));
  check('without JavaScript: it says that charts are missing', await page.getByText('Charts need JavaScript').isVisible());
  check('without JavaScript: sectors are there', await page.locator('#sectors tbody tr').count() > 0);
};

await browse({url, shots, views, look, bare});
