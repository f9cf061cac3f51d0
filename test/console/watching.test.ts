/** What the console shows while a server works: live charts, drift, and nothing where there is nothing. */
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { openBrowser, Console } from '../support/console/browser.js';
import { ConsoleServer } from '../support/console/server.js';
import { DigitSource, inverted } from '../support/monitoring/watched-digits.js';
import { serveProcess, type LoggingProcess } from '../support/server/serve-process.js';
import { askJson } from '../support/server/alias-traffic.js';

const rows = 100;

describe('the console: watching a server', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: ConsoleServer;
  let workers: LoggingProcess | undefined;
  const source = new DigitSource(5);
  before(async () => {
    const options = { driftWindowRows: rows, driftWindowSeconds: 1 };
    [browser, server] = await Promise.all([openBrowser(), ConsoleServer.start(options)]);
  });
  after(async () => {
    workers?.child.kill('SIGTERM');
    await workers?.ended;
    await browser?.close();
    await server?.stop();
  });
  const send = async (count: number, draw = () => source.draw().pixels, to = server.url) => {
    for (let sent = 0; sent < count; sent += 10) {
      const inputs = Array.from({ length: 10 }, () => [...draw()]);
      const asked = { body: { inputs, model_version: 'v1.0' } };
      expect((await askJson(Number(new URL(to).port), 'POST', '/predict', asked)).status).to.equal(200);
    }
  };

  it('the live charts move under traffic of two workers, and stop when they are told to', async () => {
    // The bundled model, which shares batches.
    workers = serveProcess(['--workers', '2', 'mnist-mlp']);
    await workers.seen('worker ready', 2);
    const url = await workers.url();
    const view = await Console.open(browser, url);
    await view.go('#/live');
    await view.reads('.chart', /Throughput/);
    let isOver = false;
    const draw = () => source.draw().pixels;
    const traffic = (async () => {
      while (!isOver) {
        await send(10, draw, url);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    try {
      await moves(view);
    } finally {
      isOver = true;
      await traffic;
    }
    // Without traffic the line comes down to nothing.
    await view.reads('.chart', /Requests\s*0 \/s/, 15_000);
    await view.page.locator('.live-head button ::-p-text(Pause)').click();
    await view.reads('main', /Paused\./);
    await view.close();
  });

  const moves = async (view: Console) => {
    await view.reads('.chart', /Requests\s*[1-9][\d.]* \/s\s*Rows\s*[1-9]/);
    await view.reads('.chart', /P50\s*[\d.]+ (µs|ms).*P99\s*[\d.]+ (µs|ms)/s);
    await view.reads('.chart', /Batches by their rows/);
    const line = () => view.page.$eval('.chart path.line', (path) => path.getAttribute('d') ?? '');
    const first = await line();
    await view.page.waitForFunction(
      (before: string) => (document.querySelector('.chart path.line')?.getAttribute('d') ?? '') !== before,
      { timeout: 10_000 },
      first,
    );
  };

  it('a window without drift and one with it, and which features', async () => {
    const view = await Console.open(browser, server.url);
    await view.go('#/models/mnist-mlp/v1.0/monitoring');
    await view.reads('.watch', /Drift/);
    const port = Number(new URL(server.url).port);
    const windows = async () => {
      type Reports = { models: { windows: { level: string }[] }[] };
      const { body } = await askJson<Reports>(port, 'GET', '/v2/models/mnist-mlp/versions/v1.0/monitoring');
      return (body.models[0]?.windows ?? []).map(({ level }) => level);
    };
    const before = (await windows()).length;
    await send(rows);
    await view.page.waitForFunction((count) => document.querySelectorAll('.history .mark').length > count, {}, before);
    await view.reads('.watch-head .level', /No drift/);
    await send(rows, () => inverted(source.draw().pixels));
    await view.reads('.watch-head .level', /^Drift$/, 20_000);
    expect((await windows())[0]).to.equal('drift');
    await view.reads('.watch tr', /input\.mean\s*Drift\s*ks/);
    await view.close();
  });

  it('the live view asks once at a time, however often it is opened', async () => {
    const view = await Console.open(browser, server.url);
    const held = await view.holdFirst('metrics');
    await view.go('#/live');
    await view.reads('.chart', /Throughput/);
    // Opened again while the first answer is on its way, and told to go on.
    await view.page.evaluate(() => (location.hash = '#/models/mnist-mlp/v1.0/overview'));
    await view.reads('.panel', /Test accuracy/);
    await view.page.evaluate(() => (location.hash = '#/live'));
    await view.reads('.chart', /Throughput/);
    for (const name of ['Pause', 'Go on']) await view.page.locator(`.live-head button ::-p-text(${name})`).click();
    expect(await held.asked()).to.equal(1);
    await held.release();
    await view.reads('.chart', /Requests\s*[\d.]+ \/s/, 15_000);
    await view.close();
  });

  it('a page that was hidden asks again once it is seen', async () => {
    const view = await Console.open(browser, server.url);
    await view.page.evaluateOnNewDocument(() => {
      const state = { isHidden: false, planned: 0, asked: 0 };
      Object.defineProperty(document, 'hidden', { get: () => state.isHidden });
      const [plan, ask] = [window.setTimeout.bind(window), window.fetch.bind(window)];
      window.setTimeout = ((action: () => void, ms = 0) => {
        if (ms === 5000) state.planned++;
        return plan(action, ms / 50);
      }) as typeof window.setTimeout;
      window.fetch = (url, options) => {
        if ((url instanceof Request ? url.url : String(url)).endsWith('/monitoring')) state.asked++;
        return ask(url, options);
      };
      Object.assign(window, { state });
    });
    type State = Window & { state: { isHidden: boolean; planned: number; asked: number } };
    await view.go('#/models/mnist-mlp/v1.0/monitoring');
    await view.reads('.watch', /Drift/);
    const turned = (isHidden: boolean) =>
      view.page.evaluate((hidden) => {
        const { state } = window as unknown as State;
        state.isHidden = hidden;
        return { ...state };
      }, isHidden);
    const until = (key: 'planned' | 'asked', above: number) =>
      view.page.waitForFunction(
        (name, least) => (window as unknown as State).state[name] > least,
        { timeout: 10_000, polling: 50 },
        key,
        above,
      );
    const { planned } = await turned(true);
    // The first may be of a question that was asked before.
    await until('planned', planned + 1);
    const { asked, planned: later } = await turned(true);
    await until('planned', later + 1);
    expect((await turned(false)).asked).to.equal(asked);
    await until('asked', asked);
    await view.close();
  });

  it('a version without statistics says what to do', async () => {
    const view = await Console.open(browser, server.url);
    await view.go('#/models/mnist-mlp/v1.1/monitoring');
    await view.reads('.panel', /no statistics of its training data.*registry add --data/s);
    await view.close();
  });

  it('the admin port shows it too, without a way to try', async () => {
    const view = await Console.open(browser, server.admin);
    await view.go('#/models/mnist-mlp/v1.0/monitoring');
    expect(await view.tabs()).to.deep.equal(['try', 'overview', 'card', 'monitoring', 'manage']);
    await view.reads('.watch', /Drift/);
    await view.click('.tabs [data-key=try]');
    await view.reads('.panel', /over the port of inference/);
    await view.close();
  });

  it('a server that ends is said to be away', async function () {
    // Chromium may swap the page's frame while its server ends, and puppeteer then loses the one that it waits in.
    this.retries(2);
    const away = await ConsoleServer.start();
    const view = await Console.open(browser, away.url);
    await view.go('#/models/mnist-mlp/v1.0/overview');
    await view.reads('.panel', /Test accuracy/);
    await away.stop();
    await view.reads('body', /Not reachable/, 15_000);
    await view.close(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|status of 503/);
  });
});
