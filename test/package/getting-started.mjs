#!/usr/bin/env node
// Does what docs/getting-started.md says, block by block, in an empty folder with an empty HOME, and measures it. The info
// string of a fenced block says what becomes of it:
//   sh                is run by bash, in the folder where the block before it ended
//   sh background     the same, and stopped when its section ends; what follows waits until it is ready
//   js NAME, py NAME  is written to a file of that name
//   text, json        is what the block before it must print, whatever its numbers are
// The packages come from a registry of our own. python3 is the one of scripts/python-env.sh, since it must have torch. --write puts
// the times into the page.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publishedPackages } from './support/published.mjs';
import { root } from './support/tools.mjs';

const page = fileURLToPath(new URL('../../docs/getting-started.md', import.meta.url));
const limitMs = 300_000;
const serverPort = 8000;

/** The page's sections, each with its fenced blocks. */
function sectionsOf(text) {
  const sections = [];
  let fence;
  for (const line of text.split('\n')) {
    const mark = /^```(.*)$/.exec(line);
    const title = /^## (.*)$/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark) fence = undefined;
      else fence.code += `${line}\n`;
    } else if (mark) {
      const [language, name] = mark[1].split(' ');
      fence = { language, name, code: '' };
      sections.at(-1).blocks.push(fence);
    } else if (title !== undefined) sections.push({ title, blocks: [] });
  }
  return sections.filter(({ blocks }) => blocks.length > 0);
}

/** Text whose numbers do not count. */
const shapeOf = (text) => text.replace(/-?\d+(\.\d+)?(e[-+]?\d+)?/g, '#').replace(/\s+/g, '');

/** A folder in which the page's commands run one after the other. */
class Walk {
  #folder = mkdtempSync(join(tmpdir(), 'getting-started-'));
  #cwd = this.#folder;
  #printed = '';
  #server;
  #env;

  /** @param env for every command */
  constructor(env) {
    this.#env = env;
  }

  async block({ language, name, code }) {
    if (language === 'sh') return name === 'background' ? this.#serve(code) : this.#shell(code);
    if (language === 'js' || language === 'py') return writeFileSync(join(this.#cwd, name), code);
    if (shapeOf(this.#printed) !== shapeOf(code)) throw new Error(`expected\n${code}but received\n${this.#printed}`);
  }

  async #shell(code) {
    const cwdFile = join(this.#folder, '.cwd');
    const child = this.#bash(`set -e\n${code}pwd > ${JSON.stringify(cwdFile)}\n`, ['ignore', 'pipe', 2]);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    this.#printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (this.#printed += text));
    const [status, signal] = await once(child, 'close');
    clearTimeout(timer);
    if (status !== 0) throw new Error(`ended with ${status ?? signal}:\n${code}${this.#printed}`);
    this.#cwd = readFileSync(cwdFile, 'utf8').trim();
  }

  async #serve(code) {
    this.#server = this.#bash(code, ['ignore', 'ignore', 2], { detached: true });
    const until = Date.now() + limitMs;
    while (!(await isReady())) {
      if (this.#server.exitCode !== null || Date.now() > until) throw new Error(`is not ready:\n${code}`);
      await sleep(20);
    }
  }

  async endSection() {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const ended = once(server, 'close');
    process.kill(-server.pid, 'SIGINT'); // Ctrl-C reaches the whole group
    await ended;
  }

  async end() {
    await this.endSection();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #bash(script, stdio, options = {}) {
    const env = {
      ...process.env,
      ...this.#env,
      HOME: this.#folder,
      npm_config_cache: join(this.#folder, '.npm'),
      NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0', // as for Ctrl-C on a terminal, which this is not
      NO_COLOR: '1',
    };
    return spawn('bash', ['-c', script], { cwd: this.#cwd, env, stdio, ...options });
  }
}

/** Whether the server of the page answers predictions; it listens a moment before. */
function isReady() {
  return fetch(`http://127.0.0.1:${serverPort}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Does every section and returns its seconds. */
async function walk(text, env) {
  const walking = new Walk(env);
  const times = [];
  try {
    for (const { title, blocks } of sectionsOf(text)) {
      const began = performance.now();
      for (const block of blocks) await walking.block(block);
      times.push({ title, seconds: (performance.now() - began) / 1000 });
      await walking.endSection();
      process.stdout.write(`${title}: ${times.at(-1).seconds.toFixed(1)} s\n`);
    }
  } finally {
    await walking.end();
  }
  return times;
}

const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
const text = readFileSync(page, 'utf8');
const python = execFileSync('bash', [join(root, 'scripts/python-env.sh')], { encoding: 'utf8' }).trim();
const registry = await publishedPackages();
const env = { NPM_CONFIG_REGISTRY: registry.url, PATH: `${dirname(python)}:${process.env.PATH}` };
const times = await walk(text, env).finally(() => registry.stop());
if (values.write) {
  const rows = times.map(({ title, seconds }) => `| ${title} | ${seconds.toFixed(1)} |\n`).join('');
  const between = /(<!-- times:.*?-->\n)[^]*?(<!-- end of times -->)/;
  writeFileSync(page, text.replace(between, `$1\n| Section | Seconds |\n| --- | --: |\n${rows}\n$2`));
}
