// The declarations, as TypeScript finds them in an app that checks those of libraries too.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from './support/setup.mjs';
import { full, tools } from './support/tools.mjs';

const compilerOptions = {
  ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], strict: true, exactOptionalPropertyTypes: true },
  ...{ noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true, types: ['node'] },
};
const resolutions = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

describe('types', () => {
  let app;
  before(async () => {
    app = await installed();
    // @types/node alone is installed; Express's types are found only by the app that is about them.
    const from = join(tools, '@types');
    mkdirSync(join(app.app, 'node_modules/@types'), { recursive: true });
    cpSync(join(from, 'node'), join(app.app, 'node_modules/@types/node'), { recursive: true });
    cpSync(join(tools, 'undici-types'), join(app.app, 'node_modules/undici-types'), { recursive: true });
    app.add('types.ts', 'types-express.ts');
    writeFileSync(join(app.app, 'package.json'), '{ "private": true, "type": "module" }\n');
  });

  for (const compiler of ['typescript6', 'typescript7']) {
    for (const [resolution, options] of Object.entries(resolutions)) {
      if (!full && (compiler === 'typescript6') !== (resolution === 'nodenext')) continue; // one each
      it(`compile with ${compiler}, ${resolution}`, () => {
        compile(compiler, { compilerOptions: { ...compilerOptions, ...options }, files: ['types.ts'] });
      });
    }
  }

  it('agree with Express’s', () => {
    const express = join(app.app, 'express-types');
    mkdirSync(express, { recursive: true });
    const needed = [
      'express',
      'express-serve-static-core',
      'serve-static',
      'send',
      'qs',
      'range-parser',
      'body-parser',
    ];
    const more = ['connect', 'http-errors', 'mime'];
    for (const name of [...needed, ...more]) {
      const to = join(app.app, 'node_modules/@types', name);
      try {
        symlinkSync(join(tools, '@types', name), to);
      } catch {
        // not one of these, in this version of them
      }
    }
    const options = { ...compilerOptions, ...resolutions.nodenext, skipLibCheck: true };
    compile('typescript6', { compilerOptions: options, files: ['types-express.ts'] });
  });

  function compile(compiler, config) {
    writeFileSync(join(app.app, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(tools, compiler, 'bin/tsc');
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', app.app], { encoding: 'utf8' });
    expect(status, `${stdout}${stderr}`).to.equal(0);
  }
});
