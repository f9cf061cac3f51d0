/** .github/workflows/release.yml against the names of the packages: a tarball that no job hands on is not published. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { root } from '../support/paths.js';

// Of Node 20.17 on; the types have it since 22.
const matchesGlob = (file: string, pattern: string): boolean =>
  (path as unknown as { matchesGlob(file: string, pattern: string): boolean }).matchesGlob(file, pattern);

const { nameOf, out, source } = (await import(`${root}scripts/package/context.mjs`)) as {
  nameOf: (folder: string) => string;
  out: string;
  source: { name: string; version: string };
};
const { coreName } = (await import(`${root}scripts/package/core.mjs`)) as { coreName: string };

const text = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
const jobs = new Map(
  text
    .slice(text.indexOf('\njobs:\n'))
    .split(/^ {2}(?=\w+:$)/m)
    .slice(1)
    .map((job) => [job.slice(0, job.indexOf(':')), job]),
);
const jobOf = (name: string): string => jobs.get(name) ?? expect.fail(`there is no job ${name}`);
const needsOf = (name: string): string[] =>
  (/^ {4}needs: \[?([\w, ]+)/m.exec(jobOf(name))?.[1] ?? '').split(', ').filter((need) => need !== '');
/** The globs of a job's tarballs, and the artifact that they go into. */
const uploaded = (name: string): string[] =>
  [...jobOf(name).matchAll(/out\/([^\s'",]+\.tgz)/g)].map(([, glob = '']) => glob);
const artifact = (name: string): string =>
  /upload-artifact[^]*?name: '?([\w-]+)/.exec(jobOf(name))?.[1] ?? expect.fail(`${name} uploads nothing`);
const makers = [...jobs.keys()].filter((name) => jobOf(name).includes('upload-artifact'));

describe('the workflow of a release', function () {
  this.timeout(60_000);
  const platforms = ['@node-libtorch/linux-x64-gnu', '@node-libtorch/libtorch-linux-x64-gnu-cpu'];
  const tarballs = new Map<string, string>();

  // By npm itself, whose rule it is.
  before(() => {
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    const names = [source.name, coreName, ...platforms].map((name) => nameOf(join(out, 'npm', name)));
    for (const name of names) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name, version: source.version }));
    }
    const folders = names.map((name) => `./${name}`);
    const printed = execFileSync('npm', ['pack', '--dry-run', '--json', ...folders], { cwd: folder, encoding: 'utf8' });
    for (const { name, filename } of JSON.parse(printed) as { name: string; filename: string }[])
      tarballs.set(name, filename);
    rmSync(folder, { recursive: true });
    expect([...tarballs.keys()]).to.have.members(names);
  });

  it('hands on node-libtorch and its core, each by one glob, and no platform’s package with them', () => {
    const globsFor = (name: string): string[] =>
      uploaded('main').filter((glob) => matchesGlob(tarballs.get(name) ?? '', glob));
    for (const name of [source.name, coreName]) expect(globsFor(name), name).to.have.length(1);
    for (const name of platforms) expect(globsFor(name), name).to.deep.equal([]);
  });

  it('hands on every package of a platform', () => {
    for (const job of makers.filter((name) => name !== 'main'))
      for (const name of platforms)
        expect(
          uploaded(job).some((glob) => matchesGlob(tarballs.get(name) ?? '', glob)),
          `${job}: ${name}`,
        ).to.equal(true);
  });

  it('downloads what the jobs made that it waited for, and of no other job', () => {
    const patterns = [...text.matchAll(/download-artifact.*\n.*pattern: '([^']+)'/g)].map(
      ([, pattern = '']) => pattern,
    );
    expect(patterns).to.have.length([...text.matchAll(/download-artifact/g)].length);
    const waited = ['main', ...needsOf('main')];
    expect(waited).to.include.members(['linux', 'macos']);
    for (const pattern of patterns)
      expect(makers.filter((job) => matchesGlob(artifact(job), pattern))).to.have.members(waited);
  });

  it('tries a platform if and only if its packages are published', () => {
    const runners = /runner: \[([^\]]+)\]/.exec(jobOf('try'))?.[1] ?? '';
    const published = needsOf('main');
    for (const [job, system] of [
      ['linux', 'ubuntu'],
      ['macos', 'macos'],
      ['windows', 'windows'],
    ] as const)
      expect(runners.includes(system), job).to.equal(published.includes(job));
  });
});
