#!/usr/bin/env node
// npm run docs:site: the pages of docs/ and the reference of every export as a site, in site/dist. What it needs is installed into
// site/node_modules at the first time and when the lock file has changed. A link that leads nowhere ends it with exit code 1.
//   --serve   shows the site afterwards, on a free port
//   --quick   without the reference

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyPages } from './pages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { values } = parseArgs({ options: { serve: { type: 'boolean' }, quick: { type: 'boolean' } } });

function install() {
  const lock = join(here, 'package-lock.json');
  const done = join(here, 'node_modules/.installed-lock.json');
  if (existsSync(done) && readFileSync(done).equals(readFileSync(lock))) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: ['ignore', 2, 2] });
  copyFileSync(lock, done);
}

install();
const pages = join(here, '.pages');
copyPages(root, pages);
// Its pictures are links that GitHub follows, too.
const home = readFileSync(join(here, 'home.md'), 'utf8').replaceAll('../docs/images/', './images/');
writeFileSync(join(pages, 'index.md'), home);
if (!values.quick) {
  const { writeReference } = await import('./reference.mjs');
  await writeReference(root, join(pages, 'reference'));
}
process.env.SITE_REFERENCE = values.quick ? '' : 'on';
const { build, serve } = await import('vitepress');
await build(here);
process.stdout.write(`The site is in ${join('site', 'dist')}\n`);
if (values.serve) await serve({ root: here });
