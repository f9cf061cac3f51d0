/// <reference lib="dom" />
/** Chromium as people use it, with everything that it complains about kept. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core';
import { root } from '../paths.js';

type Programs = Record<'programPath', (name: string) => string>;

/** @throws an error that says what to do where there is no Chromium and it cannot be installed */
export async function openBrowser(): Promise<Browser> {
  const { programPath } = (await import(`${root}scripts/programs.mjs`)) as Programs;
  const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return puppeteer.launch({ executablePath: programPath('chromium'), args });
}

export type Theme = 'light' | 'dark';
export const screens = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 360, height: 740, isMobile: true, hasTouch: true },
} as const;

/** A page of the console, and what went wrong on it. */
export class Console {
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    readonly origin: string,
  ) {}

  static async open(
    browser: Browser,
    origin: string,
    { screen = 'desktop', theme = 'light' }: { screen?: keyof typeof screens; theme?: Theme } = {},
  ): Promise<Console> {
    // Nobody's storage is another's.
    const page = await (await browser.createBrowserContext()).newPage();
    const made = new Console(page, new URL(origin).origin);
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type()))
        made.faults.push(`${message.text()} ${message.location().url ?? ''}`);
    });
    page.on('pageerror', (error) => made.faults.push(String(error)));
    page.on('dialog', (dialog) => (made.faults.push(`dialog ${dialog.message()}`), void dialog.dismiss()));
    page.on('request', (request) => {
      const url = new URL(request.url());
      const isOwn = url.origin === made.origin || url.protocol === 'blob:' || url.protocol === 'about:';
      if (!isOwn) made.faults.push(`asked ${request.url()}`);
    });
    await page.evaluateOnNewDocument(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`policy ${violatedDirective} ${blockedURI}`),
      );
    });
    await page.setViewport(screens[screen]);
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: theme },
      // What fades in has a contrast of its own while it does.
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    return made;
  }

  async go(hash = ''): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.goto(`${this.origin}/${hash}`);
  }

  /** Has the first answer of this path come only once `release` is called, whatever was aborted meanwhile. Before `go`. */
  async holdFirst(path: string): Promise<{ asked: () => Promise<number>; release: () => Promise<void> }> {
    await this.page.evaluateOnNewDocument((part: string) => {
      const held: { asked: number; release: () => void } = { asked: 0, release: () => undefined };
      const gate = new Promise<void>((resolve) => (held.release = resolve));
      const real = window.fetch.bind(window);
      window.fetch = async (url, options) => {
        const of = url instanceof Request ? url.url : String(url);
        if (!of.includes(part)) return real(url, options);
        const isFirst = held.asked++ === 0;
        const answer = await real(url, { ...options, signal: null });
        if (isFirst) await gate;
        return answer;
      };
      Object.assign(window, { held });
    }, path);
    type Held = Window & { held: { asked: number; release(): void } };
    return {
      asked: () => this.page.evaluate(() => (window as unknown as Held).held.asked),
      // What comes of it has come when another question has its answer.
      release: () =>
        this.page.evaluate(async () => {
          (window as unknown as Held).held.release();
          await (await fetch('health/live')).text();
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }),
    };
  }

  /** Waits for an element. */
  async find(selector: string): Promise<ElementHandle> {
    const found = await this.page.waitForSelector(selector, { timeout: 10_000 });
    if (!found) throw new Error(`No ${selector}`);
    return found;
  }

  async click(selector: string): Promise<void> {
    await this.find(selector);
    await this.page.locator(selector).click();
  }

  /** Waits until an element's text matches. */
  async reads(selector: string, text: RegExp, timeout = 10_000): Promise<string> {
    try {
      await this.page.waitForFunction(
        (css: string, source: string, flags: string) =>
          [...document.querySelectorAll(css)].some((each) => new RegExp(source, flags).test(each.textContent ?? '')),
        { timeout, polling: 100 },
        selector,
        text.source,
        text.flags,
      );
    } catch (error) {
      throw new Error(`${selector} does not read ${text}; the page: ${await this.text()}`, { cause: error });
    }
    return this.text(selector);
  }

  text(selector = 'body'): Promise<string> {
    return this.page.evaluate(
      (css: string) => [...document.querySelectorAll<HTMLElement>(css)].map((each) => each.innerText).join('\n'),
      selector,
    );
  }

  /** The keys of the tabs that are offered. */
  async tabs(): Promise<(string | undefined)[]> {
    await this.find('.tabs [role=tab]');
    return this.page.$$eval('.tabs [role=tab]', (tabs) => tabs.map((tab) => (tab as HTMLElement).dataset['key']));
  }

  /** Closes the page. @throws where it had a fault */
  async close(allowed?: RegExp): Promise<void> {
    await this.page.browserContext().close();
    expect(this.faults.filter((fault) => !allowed?.test(fault))).to.deep.equal([]);
  }

  /** Faults of accessibility that are serious or critical. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    const { violations, passes } = (await this.page.evaluate('axe.run(document)')) as Axe;
    // It has looked.
    expect(passes.map(({ id }) => id)).to.include.members(['color-contrast', 'document-title']);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  }

  /** How far the page goes beyond the screen to the right. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }
}

interface Axe {
  readonly passes: readonly { id: string }[];
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
