#!/usr/bin/env node
// Draws docs/images/console-*.png anew: the console of a real server in a real Chromium, with a digit that was drawn and with
// traffic. Needs the build and Chromium (scripts/programs.mjs).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import sharp from 'sharp';
import { programPath } from '../programs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const images = `${root}docs/images/`;
const mostBytes = 60_000;
const liveMs = 45_000;

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740, isMobile: true, hasTouch: true };
const model = '#/models/mnist-mlp/v1.0';

/** A three, on a pad whose sides are 1. */
const three = Array.from({ length: 33 }, (_, i) => {
  const [isLower, at] = [i > 16, i > 16 ? i - 16 : i];
  const angle = ((isLower ? -90 : -150) + (240 / 16) * at) * (Math.PI / 180);
  const [middle, wide, high] = isLower ? [0.66, 0.19, 0.17] : [0.34, 0.17, 0.15];
  return [0.48 + wide * Math.cos(angle), middle + high * Math.sin(angle)];
});

/** THE TABLE: a picture each, in this order: what is drawn is another kind of drift. */
const pictures = [
  { name: 'live', screen: desktop, theme: 'light', hash: '#/live', act: watch },
  { name: 'monitoring', screen: desktop, theme: 'light', hash: `${model}/monitoring`, act: seeDrift },
  { name: 'desktop-light', screen: desktop, theme: 'light', hash: model, act: draw },
  { name: 'desktop-dark', screen: desktop, theme: 'dark', hash: model, act: draw },
  { name: 'phone-light', screen: phone, theme: 'light', hash: model, act: draw },
  { name: 'phone-dark', screen: phone, theme: 'dark', hash: model, act: draw },
  { name: 'empty', screen: desktop, theme: 'light', hash: '#/models/linear/1/monitoring' },
];

async function draw(page) {
  const pad = await page.waitForSelector('canvas.pad');
  const { x, y, width, height } = await pad.boundingBox();
  for (const [i, [right, down]] of three.entries()) {
    await page.mouse.move(x + right * width, y + down * height);
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
  await page.waitForSelector('.result .bar-row.best');
  await sleep(500);
}

/** Requests by several clients that rest at times, so that there is something to see. */
async function watch(page, url) {
  const until = Date.now() + liveMs;
  const client = async (i) => {
    while (Date.now() < until) {
      await predict(url, 1 + i);
      await sleep(15 + 25 * (1 + Math.sin(Date.now() / 4000 + i)));
    }
  };
  await Promise.all([0, 1, 2, 3].map(client));
  await page.waitForSelector('.chart path.line');
}

async function seeDrift(page, url) {
  for (let i = 0; i < 10; i++) await predict(url, 32, (value) => 1 - value);
  await page.waitForSelector('.watch-head .level.bad', { timeout: 20_000 });
}

/** Digits that the model has not seen, and their classes: bytes behind the header of NumPy. */
const [held, classes] = ['held-out', 'held-out-labels'].map((name) =>
  readFileSync(`${root}test/fixtures/digits/${name}.npy`).subarray(128),
);
const numbers = 784;

/** Asks for digits, and tells the server what they were. */
async function predict(url, rows, changed = (value) => value) {
  const chosen = Array.from({ length: rows }, () => Math.floor(Math.random() * classes.length));
  const inputs = chosen.map((at) =>
    Array.from(held.subarray(at * numbers, (at + 1) * numbers), (value) => changed(value / 255)),
  );
  const { headers } = await post(`${url}/predict`, { inputs });
  const label = chosen.map((at) => classes[at]);
  await post(`${url}/feedback`, { request_id: headers.get('x-request-id'), label });
}

async function post(url, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
  return answer;
}

/** With few colours, and fewer where it is too large. */
async function asPicture(png) {
  for (const colours of [256, 128, 64, 32]) {
    const bytes = await sharp(png).png({ palette: true, colours, effort: 10, compressionLevel: 9 }).toBuffer();
    if (bytes.length <= mostBytes) return bytes;
  }
  throw new Error(`Expected at most ${mostBytes} bytes of a picture of 32 colours`);
}

const server = spawn(
  process.execPath,
  [
    `${root}dist/cli/main.js`,
    ...['serve', 'mnist-mlp', `linear=${root}test/fixtures/torchscript/linear.pt`, '--port', '0'],
    ...['--drift-window-rows', '200', '--drift-window-seconds', '2'],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' } },
);
const ended = once(server, 'close');
let browser;
try {
  const url = await new Promise((resolve, reject) => {
    createInterface(server.stdout).on('line', (line) => {
      const said = line.startsWith('{') ? JSON.parse(line) : {};
      if (said.msg === 'listening') resolve(said.url);
    });
    ended.then(() => reject(new Error('The server ended')), reject);
  });
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await puppeteer.launch({ executablePath: programPath('chromium'), args });
  mkdirSync(images, { recursive: true });
  for (const { name, screen, theme, hash, act } of pictures) {
    const page = await browser.newPage();
    await page.setViewport(screen);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await page.goto(`${url}/${hash}`);
    await page.waitForSelector('main h1');
    await sleep(700);
    await act?.(page, url);
    const bytes = await asPicture(await page.screenshot());
    writeFileSync(`${images}console-${name}.png`, bytes);
    console.log(`docs/images/console-${name}.png ${bytes.length} bytes`);
    await page.close();
  }
} finally {
  await browser?.close();
  server.kill('SIGTERM');
  await ended;
}
