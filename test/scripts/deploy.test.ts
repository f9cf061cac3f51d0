/** What deploy/ says of the server, against the server: settings, flags, times. Tools and schemas: scripts/deploy/check.mjs. */
import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announcedMs, defaultOf, settingsTable } from '#dist/server/settings/table.js';
import { kserveFlags } from '#dist/cli/kserve-flags.js';
import { root } from '../support/paths.js';

interface Stage {
  readonly image: string;
  readonly steps: readonly { readonly instruction: string; readonly words?: readonly string[] }[];
}
const { readDockerfile } = (await import(`${root}scripts/deploy/dockerfile.mjs`)) as {
  readDockerfile: (path: string) => readonly Stage[];
};

const deploy = join(root, 'deploy');
const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(ya?ml|service)$/.test(name),
);
const textOf = (name: string): string => readFileSync(join(deploy, name), 'utf8');

describe('deploy/', () => {
  it('gives a server the time that its drain may take', () => {
    const seconds = (announcedMs + defaultOf('drainTimeoutMs')) / 1000 + 15;
    const told = files.flatMap((name) =>
      [...textOf(name).matchAll(/(?:terminationGracePeriodSeconds: |TimeoutStopSec=|stop_grace_period: )(\d+)/g)].map(
        ([, time]) => ({ name, time: Number(time) }),
      ),
    );
    expect(told.length).to.be.above(6);
    for (const { name, time } of told) expect(time, name).to.be.above(seconds);
  });

  it('names flags that serve has, and paths that it answers', () => {
    const flags = new Set([
      ...Object.values(settingsTable).map(({ flag }) => flag),
      ...kserveFlags.map(({ flag }) => flag),
      // Of other programs.
      ...['config.file', 'storage.tsdb.path', 'build', 'max-semi-space-size'],
    ]);
    for (const name of files.filter((each) => !each.startsWith('grafana') && !each.startsWith('prometheus'))) {
      for (const [, flag] of textOf(name).matchAll(/(?<=[\s[,])--([a-z][\w.-]*\w)/g))
        expect([...flags], name).to.include(flag);
      for (const [, path] of textOf(name).matchAll(/\bpath: '?(\/[\w/]+)/g))
        expect(['/health/ready', '/health/live', '/metrics', '/var/lib/grafana/dashboards/node'], name).to.include(
          path,
        );
    }
  });

  it('has HAProxy notice a drain before the port is closed', () => {
    const [, inter, fall] = /check inter (\d+)s fall (\d+)/.exec(textOf('../deploy/haproxy/haproxy.cfg')) ?? [];
    expect((Number(inter) + 1) * Number(fall) * 1000).to.be.below(announcedMs);
  });

  it('starts the server as process 1 of the image, and as nobody', () => {
    const last = readDockerfile(join(deploy, 'docker/Dockerfile')).at(-1);
    const words = last?.steps.find(({ instruction }) => instruction === 'ENTRYPOINT')?.words ?? [];
    expect(words[0]).to.equal('node');
    expect(words.at(-1)).to.equal('serve');
    expect(last?.steps.map(({ instruction }) => instruction)).to.include.members(['USER', 'HEALTHCHECK', 'STOPSIGNAL']);
  });

  describe('the reader of its Dockerfile', () => {
    let folder: string;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-dockerfile-'))));
    after(() => rmSync(folder, { recursive: true }));
    const read = (text: string): readonly Stage[] => {
      const path = join(folder, 'Dockerfile');
      writeFileSync(path, text);
      return readDockerfile(path);
    };

    it('puts arguments into FROM and lines together', () => {
      const [stage] = read('# syntax\nARG A=node:24\nFROM ${A} AS x\nRUN a \\\n  && b\n');
      expect(stage?.image).to.equal('node:24');
      expect(stage?.steps[0]?.words).to.deep.equal(['/bin/sh', '-c', 'a   && b']);
    });

    for (const [text, part] of [
      ['FROM a\nUSER root', ':2: expected the numbers of a user'],
      ['FROM a\nUSER 0:0', 'not root'],
      ['FROM a\nCMD npm start', 'expected the form ["program"'],
      ['FROM a\nADD x y', 'received ADD'],
      ['FROM a\nHEALTHCHECK NONE', 'expected HEALTHCHECK'],
      ['', 'expected a FROM'],
    ] as const) {
      it(`refuses ${JSON.stringify(text)}`, () => expect(() => read(text)).to.throw(part));
    }
  });
});
