/** Whoever opens the console tries a model: by drawing, with an image, as JSON. */
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { digits } from '../support/server/digits.js';
import { openBrowser, Console } from '../support/console/browser.js';
import { draw, drawings, smaller } from '../support/console/drawing.js';
import { ConsoleServer, markup } from '../support/console/server.js';
import { picture } from '../support/server/task-host.js';
import { serveProcess, type LoggingProcess } from '../support/server/serve-process.js';

const digitTab = '#/models/mnist-mlp/v1.0/try';
const best = '.result .bar-row.best .bar-label';

describe('the console: trying a model', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: ConsoleServer;
  before(async () => {
    [browser, server] = await Promise.all([openBrowser(), ConsoleServer.start()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const [digit, strokes] of Object.entries(drawings)) {
    for (const [how, drawn] of [
      ['', strokes],
      [' small and in a corner', smaller(strokes)],
    ] as const) {
      it(`a ${digit} that is drawn with the mouse${how} is a ${digit}`, async () => {
        const view = await Console.open(browser, server.url);
        await view.go();
        await draw(view.page, drawn);
        await view.reads(best, new RegExp(`^${digit}$`));
        await view.reads('.result', /Round trip/);
        await view.close();
      });
    }
  }

  it('a finger draws on a phone, and the page does not scroll under it', async () => {
    const view = await Console.open(browser, server.url, { screen: 'phone', theme: 'dark' });
    await view.go(digitTab);
    await (await view.find('canvas.pad')).scrollIntoView();
    const before = await view.page.evaluate(() => scrollY);
    await draw(view.page, drawings[7] ?? [], 'touch');
    await view.reads(best, /^7$/);
    expect(await view.page.evaluate(() => scrollY)).to.equal(before);
    await view.close();
  });

  it('the keys draw, take back and clear', async () => {
    const view = await Console.open(browser, server.url);
    await view.go(digitTab);
    const pad = await view.find('canvas.pad');
    await pad.focus();
    const { keyboard } = view.page;
    const press = async (key: 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'ArrowUp', times: number) => {
      for (let i = 0; i < times; i++) await keyboard.press(key);
    };
    await press('ArrowLeft', 5);
    await keyboard.press('Space');
    await press('ArrowRight', 10);
    for (let i = 0; i < 6; i++) {
      await press('ArrowDown', 2);
      await press('ArrowLeft', 1);
    }
    await keyboard.press('Space');
    await view.reads(best, /^7$/);
    await press('ArrowRight', 8);
    await keyboard.press('Space');
    await press('ArrowDown', 1);
    await keyboard.press('Space');
    await keyboard.press('Backspace');
    await view.reads(best, /^7$/);
    await keyboard.press('Delete');
    await view.reads('.result', /appears here/);
    await view.close();
  });

  it('JSON: the example is answered, and what is refused says why', async () => {
    const view = await Console.open(browser, server.url);
    await view.go(digitTab);
    await view.click('.segments [data-key=json]');
    await view.click('.try-input button.primary');
    await view.reads('.result', /logits: FP32 \[1, 10\]/);
    const three = digits.find(({ label }) => label === 3);
    const write = (body: unknown) =>
      view.page.$eval(
        '.editor',
        (editor, text) => {
          (editor as HTMLTextAreaElement).value = text;
          editor.dispatchEvent(new Event('input'));
        },
        JSON.stringify(body),
      );
    const input = { name: 'input', datatype: 'FP32', shape: [1, 784], data: three?.input };
    await write({ inputs: [input] });
    await view.click('.try-input button.primary');
    await view.reads(best, /^3$/);
    await write({ inputs: [{ ...input, shape: [1, 783] }] });
    await view.click('.try-input button.primary');
    await view.reads('.result', /ERR_/);
    await view.close(/status of 4\d\d/);
  });

  it('JSON: of requests that follow each other only the last is answered', async () => {
    const view = await Console.open(browser, server.url);
    const held = await view.holdFirst('/infer');
    await view.go(digitTab);
    await view.click('.segments [data-key=json]');
    await view.click('.try-input button.primary');
    await view.page.$eval('.editor', (editor) => {
      (editor as HTMLTextAreaElement).value = '{}';
      editor.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }));
    });
    await view.reads('.result', /ERR_/);
    await held.release();
    expect(await held.asked()).to.equal(2);
    expect(await view.text('.result')).to.match(/ERR_/);
    expect(await view.page.$eval('.try-input button.primary', (button) => button.disabled)).to.equal(false);
    await view.close(/status of 4\d\d/);
  });

  const drop = async (view: Console, colour: 'red' | 'blue') => {
    const bytes = (await picture(colour)).toString('base64');
    await view.page.$eval(
      '.drop',
      (zone, base64) => {
        const data = new DataTransfer();
        const octets = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
        data.items.add(new File([octets], 'picture.png', { type: 'image/png' }));
        zone.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      bytes,
    );
  };

  it('of images that follow each other only the last has its answer shown', async () => {
    const view = await Console.open(browser, server.url);
    const held = await view.holdFirst('predict?');
    await view.go('#/models/pictures');
    await view.find('.drop');
    await drop(view, 'blue');
    await drop(view, 'red');
    await view.reads(best, /^red$/);
    await held.release();
    expect(await held.asked()).to.equal(2);
    expect(await view.text(best)).to.equal('red');
    await view.close();
  });

  it('an image is dropped, and its label stays text', async () => {
    const view = await Console.open(browser, server.url);
    await view.go('#/models/pictures');
    await view.find('.drop');
    await drop(view, 'red');
    await view.reads(best, /^red$/);
    await drop(view, 'blue');
    await view.reads(best, /^<img/);
    expect(await view.page.$$eval(best, (labels) => labels.map((label) => label.textContent))).to.deep.equal([markup]);
    expect(await view.page.$$('.result img, .result script')).to.have.length(0);
    await view.close();
  });

  it('markup in a card stays text, and a link that runs something is none', async () => {
    const view = await Console.open(browser, server.url);
    for (const tab of ['overview', 'card']) {
      await view.go(`#/models/mnist-mlp/v1.1/${tab}`);
      await view.reads('.panel', /Reads digits\. <img src=x/);
      expect(await view.page.$$('.panel img, .panel script, a[href^="javascript:"]')).to.have.length(0);
      expect(await view.page.title()).to.match(/node-libtorch/);
    }
    await view.close();
  });

  it('a place that is not there says so, whatever its name is', async () => {
    const view = await Console.open(browser, server.url);
    await view.go(`#/models/${encodeURIComponent(markup)}/v1/try`);
    await view.reads('main', /<img src=x/);
    expect(await view.page.$$('main img')).to.have.length(0);
    await view.close();
  });

  describe('with two workers', () => {
    let workers: LoggingProcess;
    before(() => {
      workers = serveProcess(['--workers', '2', 'mnist-mlp']);
    });
    after(async () => {
      workers.child.kill('SIGTERM');
      await workers.ended;
    });

    it('the same page and the same answers come from any of them', async () => {
      await workers.seen('worker ready', 2);
      const view = await Console.open(browser, await workers.url());
      for (let i = 0; i < 3; i++) {
        await view.go(digitTab);
        await draw(view.page, drawings[3] ?? []);
        await view.reads(best, /^3$/);
      }
      await view.close();
    });
  });
});
