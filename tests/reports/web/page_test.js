// node page_test.js BUNDLE SHOTS: opens BUNDLE/report.html in Chromium from disk, with no network, and looks at it.
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {chromium} from 'playwright-core';

const bundle = resolve(process.argv[2]), shots = resolve(process.argv[3]);
const page_url = 'file://' + join(bundle, 'report.html');
const summary = JSON.parse(readFileSync(join(bundle, 'summary.json'), 'utf8'));
const profile = mkdtempSync(join(tmpdir(), 'wanwu-page-'));
mkdirSync(shots, {recursive: true});
let failures = 0;
const check = (what, good, detail = '') => {
  if (!good) { console.error(`FAILED ${what} ${detail}`); ++failures; }
};

const options = {executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']};

const look = async (context, name, viewport, scheme) => {
  const page = await context.newPage();
  const requests = [], complaints = [];
  page.on('request', (r) => { if (r.url() !== page_url && !r.url().startsWith('data:')) requests.push(r.url()); });
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) complaints.push(m.text()); });
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('dialog', (d) => { complaints.push('dialog ' + d.message()); d.dismiss(); });
  await page.setViewportSize(viewport);
  await page.emulateMedia({colorScheme: scheme});
  await page.goto(page_url, {waitUntil: 'load'});
  await page.waitForFunction(() => document.documentElement.dataset.drawn !== undefined);
  const seen = await page.evaluate(() => ({
    verdict: document.getElementById('verdict').dataset.verdict,
    limits: [...document.querySelectorAll('.limits tbody tr')].map((row) => ({text: row.querySelector('code.text').textContent, result: row.className})),
    reasons: [...document.querySelectorAll('.reasons li')].map((one) => one.textContent),
    owned: window.owned === undefined && typeof owned === 'undefined',
    strays: document.querySelectorAll('img, script[src], link[rel=stylesheet], iframe, b[onclick]').length,
    canvases: [...document.querySelectorAll('canvas')].map((canvas) => {
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const colors = new Set();
      for (let at = 0; at < pixels.length && colors.size < 3; at += 4) if (pixels[at + 3] > 0) colors.add(pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]);
      return colors.size;
    }),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    unlabelled: document.querySelectorAll('[role=img]:not([aria-label])').length,
  }));
  check(`${name}: no request leaves the page`, requests.length === 0, requests.join(' '));
  check(`${name}: the console is silent`, complaints.length === 0, complaints.join(' | '));
  check(`${name}: verdict`, seen.verdict === summary.verdict, seen.verdict);
  check(`${name}: hostile strings are text`, seen.owned && seen.strays === 0, `strays ${seen.strays}`);
  check(`${name}: at least six charts`, seen.canvases.length >= 6, String(seen.canvases.length));
  check(`${name}: no chart is blank`, seen.canvases.every((colors) => colors >= 2), seen.canvases.join(' '));
  check(`${name}: nothing is wider than the window`, seen.overflow <= 0, `by ${seen.overflow} px`);
  check(`${name}: every chart says what it shows`, seen.unlabelled === 0);
  check(`${name}: as many thresholds`, seen.limits.length === summary.thresholds.length);
  const clean = (text) => text.replace(/[\u0000-\u001f\u007f]/g, ' ');
  summary.thresholds.forEach((limit, i) => {
    check(`${name}: threshold ${i}`, seen.limits[i]?.text === clean(limit.text) && seen.limits[i]?.result === limit.result, JSON.stringify(seen.limits[i]));
  });
  summary.reasons.forEach((reason, i) => check(`${name}: reason ${i}`, seen.reasons[i] === clean(reason), seen.reasons[i]));
  await page.screenshot({path: join(shots, `${name}.png`), fullPage: true});
  await page.close();
};

const context = await chromium.launchPersistentContext(profile, options);
try {
  await context.setOffline(true);
  await look(context, 'wide-light', {width: 1280, height: 900}, 'light');
  await look(context, 'wide-dark', {width: 1280, height: 900}, 'dark');
  await look(context, 'narrow-light', {width: 390, height: 844}, 'light');
  await look(context, 'narrow-dark', {width: 390, height: 844}, 'dark');
  await look(context, 'zoomed', {width: 640, height: 450}, 'light');  // 1280 px at 200 %
} finally {
  await context.close();
}

// Without JavaScript the tables still say everything.
const bare = await chromium.launchPersistentContext(profile + '-bare', Object.assign({javaScriptEnabled: false}, options));
try {
  const page = await bare.newPage();
  await page.goto(page_url);
  const rows = await page.locator('.limits tbody tr').count();
  check('without JavaScript: thresholds are there', rows === summary.thresholds.length, String(rows));
  check('without JavaScript: it says that charts are missing', await page.getByText('Charts need JavaScript').isVisible());
  check('without JavaScript: sectors are there', await page.locator('#sectors tbody tr').count() > 0);
} finally {
  await bare.close();
  rmSync(profile, {recursive: true, force: true});
  rmSync(profile + '-bare', {recursive: true, force: true});
}
console.log(failures === 0 ? 'the page is as it should be' : `${failures} checks failed`);
process.exit(failures === 0 ? 0 : 1);
