/** Every view of the console, light and dark, on a desktop and on a phone: no serious fault of axe, nothing beyond the screen. */
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { openBrowser, Console, screens, type Theme } from '../support/console/browser.js';
import { draw, drawings } from '../support/console/drawing.js';
import { ConsoleServer } from '../support/console/server.js';
import { DigitSource, inverted } from '../support/monitoring/watched-digits.js';
import { askJson } from '../support/server/alias-traffic.js';

interface View {
  readonly hash: string;
  /** What is there once it is shown. */
  readonly shows: string;
  readonly isAdmin?: true;
  readonly act?: (view: Console) => Promise<unknown>;
}

const model = (tab: string, version = 'v1.0') => `#/models/mnist-mlp/${version}/${tab}`;

const views: Readonly<Record<string, View>> = {
  'a drawing': {
    hash: model('try'),
    shows: 'canvas.pad',
    act: async (view) => {
      await draw(view.page, drawings[1] ?? []);
      await view.reads('.result', /Round trip/);
    },
  },
  json: { hash: model('try'), shows: '.segments', act: (view) => view.click('.segments [data-key=json]') },
  'an image': { hash: '#/models/pictures', shows: '.drop' },
  overview: { hash: model('overview'), shows: '.panel dl' },
  'a version that is not up': { hash: model('overview', 'v1.2'), shows: '.panel dl' },
  card: { hash: model('card'), shows: '.panel table' },
  drift: { hash: model('monitoring'), shows: '.watch table' },
  'no statistics': { hash: model('monitoring', 'v1.1'), shows: '.panel .notice' },
  live: { hash: '#/live', shows: '.chart' },
  manage: { hash: model('manage'), shows: '.canary-report', isAdmin: true },
  'no such model': { hash: '#/models/none', shows: 'main h1' },
};

describe('the console: for everybody', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: ConsoleServer;
  before(async () => {
    const options = { driftWindowRows: 100, driftWindowSeconds: 1 };
    [browser, server] = await Promise.all([openBrowser(), ConsoleServer.start(options)]);
    const source = new DigitSource(6);
    const inputs = Array.from({ length: 100 }, () => [...inverted(source.draw().pixels)]);
    for (let i = 0; i < 2; i++) {
      const asked = { body: { inputs, model_version: 'v1.0' } };
      await askJson(Number(new URL(server.url).port), 'POST', '/predict', asked);
    }
    await server.host.setCanary('mnist-mlp', { version: 'v1.1', share: 0.05 });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const screen of Object.keys(screens) as (keyof typeof screens)[]) {
    for (const theme of ['light', 'dark'] satisfies Theme[]) {
      it(`${screen}, ${theme}`, async () => {
        const [reader, admin] = await Promise.all(
          [server.url, server.admin].map((url) => Console.open(browser, url, { screen, theme })),
        );
        const faults: string[] = [];
        for (const [name, { hash, shows, isAdmin, act }] of Object.entries(views)) {
          const view = (isAdmin ? admin : reader) as Console;
          await view.go(hash);
          await view.find(shows);
          await act?.(view);
          for (const fault of await view.axe()) faults.push(`${name}: ${fault}`);
          const over = await view.overflow();
          if (over > 0) faults.push(`${name}: ${over} pixels too wide`);
        }
        expect(faults).to.deep.equal([]);
        await reader?.close();
        await admin?.close();
      });
    }
  }

  it('the form for a token', async () => {
    const guarded = await ConsoleServer.start({ tokens: 'reader infer reader_0123456789abcdef' });
    const view = await Console.open(browser, guarded.url, { screen: 'phone' });
    await view.go();
    await view.find('.token-form');
    expect(await view.axe()).to.deep.equal([]);
    await view.close(/status of 401/);
    await guarded.stop();
  });

  it('the keys reach everything, and the focus is seen', async () => {
    const view = await Console.open(browser, server.url);
    await view.go(model('overview'));
    await view.find('.panel dl');
    const reached = new Set<string>();
    for (let i = 0; i < 25; i++) {
      await view.page.keyboard.press('Tab');
      const { name, outline } = await view.page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        return { name: at.textContent?.trim() ?? '', outline: getComputedStyle(at).outlineStyle };
      });
      if (name !== '' && name.length < 40) expect(outline, name).not.to.equal('none');
      reached.add(name);
    }
    expect([...reached]).to.include.members(['Skip to content', 'Live', 'Overview']);
    await view.close();
  });
});
