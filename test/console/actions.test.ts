/** Changes of models by whoever may make them: on the admin port, and with `console: full` and an admin token. */
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { CanaryChange } from '#dist/server/schemas/canary.js';
import { openBrowser, Console } from '../support/console/browser.js';
import { ConsoleServer } from '../support/console/server.js';
import { askJson } from '../support/server/alias-traffic.js';

const manage = (version: string) => `#/models/mnist-mlp/${version}/manage`;
const reader = 'reader_0123456789abcdef';
const boss = 'boss_0123456789abcdef';

describe('the console: managing models', function () {
  this.timeout(60_000);
  let browser: Browser;
  before(async () => (browser = await openBrowser()));
  after(() => browser?.close());

  const press = async (view: Console, text: string) => {
    await view.page.locator(`.panel button ::-p-text(${text})`).click();
  };
  const confirm = async (view: Console, text: string) => {
    await view.page.locator(`dialog[open] button ::-p-text(${text})`).click();
  };

  describe('on the admin port', () => {
    let server: ConsoleServer;
    before(async () => (server = await ConsoleServer.start()));
    after(() => server?.stop());

    it('loads and unloads a version', async () => {
      const view = await Console.open(browser, server.admin);
      await view.go(manage('v1.2'));
      await view.reads('.model-head', /Not up/);
      await press(view, 'Load');
      await view.reads('.model-head', /Ready/);
      expect(server.host.list().map(({ version }) => version)).to.include('v1.2');
      await press(view, 'Unload');
      await view.reads('dialog[open]', /answers no more requests/);
      await confirm(view, 'Cancel');
      expect(server.host.list().map(({ version }) => version)).to.include('v1.2');
      await press(view, 'Unload');
      await confirm(view, 'Unload');
      await view.reads('.model-head', /Not up/);
      expect(server.host.list().map(({ version }) => version)).not.to.include('v1.2');
      await view.close();
    });

    it('sets, moves and takes away an alias', async () => {
      const view = await Console.open(browser, server.admin);
      await view.go(manage('v1.0'));
      await view.find('.aliases input');
      await view.page.type('.aliases input', 'champion');
      await press(view, 'Set');
      await confirm(view, 'Move');
      await view.reads('.alias-row', /@champion\s*v1\.0/);
      expect(await server.registry.aliases()).to.deep.equal({ champion: 'v1.0' });
      await view.go(manage('v1.1'));
      await press(view, 'Move to v1.1');
      await confirm(view, 'Move');
      await view.reads('.alias-row', /@champion\s*v1\.1/);
      expect(await server.registry.aliases()).to.deep.equal({ champion: 'v1.1' });
      await press(view, 'Take away');
      await confirm(view, 'Take away');
      await view.reads('.aliases', /has no aliases/);
      expect(await server.registry.aliases()).to.deep.equal({});
      await view.close();
    });

    it('begins a canary, shows what it does, changes it and rolls it back', async () => {
      const view = await Console.open(browser, server.admin);
      await view.go(manage('v1.0'));
      await view.find('.canary-form select');
      await view.page.select('.canary-form select', 'v1.1');
      const share = (value: number) =>
        view.page.$eval(
          '.canary-form input[type=range]',
          (slider, to) => {
            slider.value = String(to);
            slider.dispatchEvent(new Event('input'));
          },
          value,
        );
      await share(50);
      await press(view, 'Start');
      await view.reads('.canary-report', /v1\.1 gets 50\.0 % of the requests/);
      expect(server.host.canary('mnist-mlp')).to.include({ version: 'v1.1', share: 0.5, state: 'running' });
      const body = { input_data: new Array<number>(784).fill(0) };
      for (let i = 0; i < 40; i++) await askJson(Number(new URL(server.url).port), 'POST', '/predict', { body });
      await view.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await view.reads('.canary-report', /Canary v1\.1\s*[1-9]/);
      await share(10);
      await press(view, 'Change');
      await view.reads('.canary-report', /v1\.1 gets 10\.0 %/);
      await press(view, 'Roll back');
      await confirm(view, 'Roll back');
      await view.reads('.canary', /A canary gives another version/);
      expect(server.host.canary('mnist-mlp')).to.equal(undefined);
      await view.close();
    });

    it('changes one option of a canary and leaves all others as they are', async () => {
      const options: Record<string, unknown> = {
        ...{ version: 'v1.0', share: 0.125, sticky: 'x-user', alias: 'stable', keepLoaded: false },
        ...{
          maxErrorRate: 0.031,
          maxLatencyRatio: 3.5,
          maxLatencyMs: 1234.5,
          maxDisagreement: 0.07,
          windowSeconds: 45,
        },
      };
      // An option that is new must be set here too.
      expect(Object.keys(options)).to.have.members(Object.keys(CanaryChange.properties));
      const port = Number(new URL(server.admin).port);
      const ask = async (method: string, path: string, body?: object) => {
        const answer = await askJson<Record<string, unknown>>(port, method, `/admin/models/mnist-mlp${path}`, { body });
        expect(answer.status, JSON.stringify(answer.body)).to.be.below(300);
        return answer.body;
      };
      const set = async () => {
        const answered = await ask('GET', '/canary');
        return Object.fromEntries(Object.keys(options).map((name) => [name, answered[name]]));
      };
      // The version without an alias is the default, and the canary of another one.
      await ask('POST', '/load', { version: 'v1.1' });
      await ask('PUT', '/aliases/stable', { version: 'v1.1' });
      try {
        await ask('PUT', '/canary', options);
        const view = await Console.open(browser, server.admin);
        await view.go(manage('v1.0'));
        await view.reads('.canary-report', /v1\.0 gets 12\.5 % of the requests/);
        await view.click('.canary-form summary');
        await view.page.$eval('.canary-form input[id$=windowSeconds]', (input) => (input.value = '30'));
        await press(view, 'Change');
        await view.reads('.canary-report', /Last 30 s/);
        expect(await set()).to.deep.equal({ ...options, windowSeconds: 30 });
        await view.page.$eval('.canary-form input[type=range]', (slider) => {
          slider.value = '20';
          slider.dispatchEvent(new Event('input'));
        });
        await press(view, 'Change');
        await view.reads('.canary-report', /v1\.0 gets 20\.0 %/);
        expect(await set()).to.deep.equal({ ...options, windowSeconds: 30, share: 0.2 });
        await view.close();
      } finally {
        await ask('DELETE', '/canary');
        await ask('DELETE', '/aliases/stable');
      }
    });

    it('says what the server refuses', async () => {
      const view = await Console.open(browser, server.admin);
      await view.go(manage('v1.0'));
      await view.click('.canary-form summary');
      await view.page.type('.canary-form input[id$=windowSeconds]', '-4');
      await press(view, 'Start');
      await view.reads('.outcome [role=alert]', /ERR_.*windowSeconds/s);
      expect(server.host.canary('mnist-mlp')).to.equal(undefined);
      await view.close(/status of 4\d\d/);
    });
  });

  describe('with tokens', () => {
    const tokens = `reader infer ${reader}\nboss admin,infer ${boss}`;
    let full: ConsoleServer;
    let read: ConsoleServer;
    before(async () => {
      [full, read] = await Promise.all([
        ConsoleServer.start({ tokens, console: 'full' }),
        ConsoleServer.start({ tokens }),
      ]);
    });
    after(async () => {
      await full?.stop();
      await read?.stop();
    });
    const enter = async (view: Console, token: string) => {
      await view.find('.token-form input[type=password]');
      await view.page.type('.token-form input[type=password]', token);
      await view.page.locator('.token-form button.primary').click();
    };

    it('a token is asked for, a wrong one is refused, and it is never in the URL', async () => {
      const view = await Console.open(browser, read.url);
      await view.go(manage('v1.0'));
      await enter(view, 'wrong_0123456789abcdef');
      await view.reads('.token-form [role=alert]', /token/i);
      await view.page.$eval('.token-form input', (input) => (input.value = ''));
      await enter(view, reader);
      await view.reads('.model-head', /Ready/);
      expect(view.page.url()).not.to.include(reader);
      expect(
        await view.page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]),
      ).to.deep.equal([0, 0, '']);
      await view.close(/status of 401/);
    });

    for (const [who, token, mode, offered] of [
      ['a reader', reader, 'full', false],
      ['an admin', boss, 'full', true],
      ['an admin', boss, 'read', false],
    ] as const) {
      it(`${who} with console: ${mode} is ${offered ? 'offered changes, which work' : 'offered none'}`, async () => {
        const server = mode === 'full' ? full : read;
        const view = await Console.open(browser, server.url);
        await view.go(manage('v1.2'));
        await enter(view, token);
        const tabs = await view.tabs();
        expect(tabs.includes('manage')).to.equal(offered);
        if (offered) {
          await press(view, 'Load');
          await view.reads('.model-head', /Ready/);
          expect(server.host.list().map(({ version }) => version)).to.include('v1.2');
        }
        await view.close(/status of 401/);
      });
    }
  });
});
