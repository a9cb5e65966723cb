// Opens a report page in Chromium from disk, with no network, and holds it to what every page promises.
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

export const views = [
  {name: 'wide-light', viewport: {width: 1280, height: 900}, scheme: 'light'},
  {name: 'wide-dark', viewport: {width: 1280, height: 900}, scheme: 'dark'},
  {name: 'narrow-light', viewport: {width: 390, height: 844}, scheme: 'light'},
  {name: 'narrow-dark', viewport: {width: 390, height: 844}, scheme: 'dark'},
  {name: 'zoomed', viewport: {width: 640, height: 450}, scheme: 'light'},  // 1280 px at 200 %
];

const options = {executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']};

// `look({page, name, check})` for each view, `bare` once without JavaScript. Ends the process: 0 when all held.
export const browse = async ({url, shots, views, look, bare}) => {
  const profile = mkdtempSync(join(tmpdir(), 'wanwu-page-'));
  mkdirSync(shots, {recursive: true});
  let failures = 0;
  const check = (what, good, detail = '') => {
    if (!good) { console.error(`FAILED ${what} ${detail}`); ++failures; }
  };

  const visit = async (context, {name, viewport, scheme}) => {
    const page = await context.newPage();
    const requests = [], complaints = [];
    page.on('request', (r) => { if (r.url() !== url && !r.url().startsWith('data:')) requests.push(r.url()); });
    page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) complaints.push(m.text()); });
    page.on('pageerror', (e) => complaints.push(String(e)));
    page.on('dialog', (d) => { complaints.push('dialog ' + d.message()); d.dismiss(); });
    await page.setViewportSize(viewport);
    await page.emulateMedia({colorScheme: scheme});
    await page.goto(url, {waitUntil: 'load'});
    await page.waitForFunction(() => document.documentElement.dataset.drawn !== undefined);
    await page.screenshot({path: join(shots, `${name}.png`), fullPage: true});
    await look({page, name, check});
    const seen = await page.evaluate(() => ({
      owned: window.owned === undefined && typeof owned === 'undefined',
      strays: document.querySelectorAll('img, script[src], link[rel=stylesheet], iframe, b[onclick]').length,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    check(`${name}: no request leaves the page`, requests.length === 0, requests.join(' '));
    check(`${name}: the console is silent`, complaints.length === 0, complaints.join(' | '));
    check(`${name}: hostile strings are text`, seen.owned && seen.strays === 0, `strays ${seen.strays}`);
    check(`${name}: nothing is wider than the window`, seen.overflow <= 0, `by ${seen.overflow} px`);
    await page.close();
  };

  const context = await chromium.launchPersistentContext(profile, options);
  try {
    await context.setOffline(true);
    for (const view of views) await visit(context, view);
  } finally {
    await context.close();
  }
  const plain = await chromium.launchPersistentContext(profile + '-bare', Object.assign({javaScriptEnabled: false}, options));
  try {
    const page = await plain.newPage();
    await page.goto(url);
    await bare({page, check});
  } finally {
    await plain.close();
    rmSync(profile, {recursive: true, force: true});
    rmSync(profile + '-bare', {recursive: true, force: true});
  }
  console.log(failures === 0 ? 'the page is as it should be' : `${failures} checks failed`);
  process.exit(failures === 0 ? 0 : 1);
};
