/** Bundles of OpenSSF's model-signing, as it comes from PyPI, are verified here, and ours there; what is wrong is refused on both ends. */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { signFolder, verifyFolder, type TrustOptions } from 'node-libtorch';
import { authority, ecKey, signer } from '../support/certificates.js';
import { rejection } from '../support/rejection.js';
import { root } from '../support/paths.js';
import { testRegistry } from '../registry/signing/registry.js';
import { folder, pair } from '../registry/signing/support.js';

interface Order {
  readonly do: 'sign' | 'verify';
  readonly model: string;
  readonly signature: string;
  readonly [more: string]: unknown;
}

/** Each change to the folder that both ends must refuse, and what takes it back. */
const changes: Record<string, readonly [(model: string) => Promise<unknown>, (model: string) => Promise<unknown>]> = {
  'a changed byte': [
    (model) => writeFile(join(model, 'model.pt'), 'b model'),
    (model) => writeFile(join(model, 'model.pt'), 'a model'),
  ],
  'a longer file': [
    (model) => appendFile(join(model, 'model.pt'), ' '),
    (model) => writeFile(join(model, 'model.pt'), 'a model'),
  ],
  'an additional file': [(model) => writeFile(join(model, 'sub/.more'), ''), (model) => rm(join(model, 'sub/.more'))],
  'a missing file': [
    (model) => rm(join(model, 'sub-a')),
    (model) => writeFile(join(model, 'sub-a'), 'sorted after sub/'),
  ],
};

describe('model-signing of PyPI', function () {
  this.timeout(240_000);
  let python: string;
  let work: string;
  let model: string;

  before(async () => {
    python = execFileSync('bash', [join(root, 'scripts/clients/signing-env.sh')], { encoding: 'utf8' }).trim();
    work = await mkdtemp(join(tmpdir(), 'model-signing-'));
    model = await folder();
  });
  after(async () => {
    for (const path of [work, model]) await rm(path, { recursive: true, force: true });
  });

  /** What model-signing says of each order: null, or its error. */
  const there = (...orders: readonly Order[]): (string | null)[] =>
    JSON.parse(
      execFileSync(python, [join(root, 'test/clients/signing_peer.py')], {
        encoding: 'utf8',
        input: JSON.stringify(orders),
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    ) as (string | null)[];

  const written = async (name: string, content: string): Promise<string> => {
    const path = join(work, name);
    await writeFile(path, content);
    return path;
  };

  /** Signs on each end, and verifies both bundles on both ends, before and after each change. */
  const both = async (
    name: string,
    signing: Record<string, unknown>,
    sign: Parameters<typeof signFolder>[1],
    verifying: Record<string, unknown>,
    trust: TrustOptions,
  ): Promise<void> => {
    const theirs = join(work, `${name}-theirs.sig`);
    expect(there({ do: 'sign', model, signature: theirs, ...signing })).to.deep.equal([null]);
    const { bundle } = await signFolder(model, sign);
    const ours = await written(`${name}-ours.sig`, bundle);
    const orders = [theirs, ours].map((signature) => ({ do: 'verify', model, signature, ...verifying }) as const);
    const verdicts = async (): Promise<unknown[]> => {
      const here = [theirs, ours].map(async (path) =>
        verifyFolder(model, await readFile(path), trust).then(
          () => null,
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      return [...there(...orders).map((error) => error === null), ...(await Promise.all(here))];
    };
    expect(await verdicts(), name).to.deep.equal([true, true, null, null]);
    const refused = [false, false, 'ERR_SIGNATURE_INVALID', 'ERR_SIGNATURE_INVALID'];
    for (const [what, [change, back]] of Object.entries(changes)) {
      await change(model);
      expect(await verdicts(), what).to.deep.equal(refused);
      await back(model);
    }
    expect(await verdicts(), 'as it was').to.deep.equal([true, true, null, null]);
  };

  for (const curve of ['P-256', 'P-384', 'P-521']) {
    it(`agrees on keys on ${curve}`, async () => {
      const { key, pub } = pair(curve);
      const [keyPath, pubPath] = [await written(`${curve}.key`, key), await written(`${curve}.pub`, pub)];
      await both(curve, { key: keyPath }, { key, subject: 'tiny' }, { key: pubPath }, { publicKeys: [pubPath] });
      const other = await written(`${curve}-other.pub`, pair(curve).pub);
      const signature = join(work, `${curve}-ours.sig`);
      expect(there({ do: 'verify', model, signature, key: other })[0]).to.match(/Key mismatch/);
      const here = verifyFolder(model, await readFile(join(work, `${curve}-theirs.sig`)), { publicKeys: [other] });
      expect((await rejection(here)).code).to.equal('ERR_SIGNATURE_INVALID');
    });

    it(`agrees on certificates on ${curve}, with an authority between`, async () => {
      const ca = authority('Test Root', { key: ecKey(curve) });
      const between = authority('Test Intermediate', { issuer: ca });
      const own = signer('Test Signer', between, { key: ecKey(curve) });
      const names = { ca: ca.pem, between: between.pem, own: own.pem, key: own.keyPem };
      const paths = Object.fromEntries(
        await Promise.all(
          Object.entries(names).map(async ([name, pem]) => [name, await written(`${curve}-${name}.pem`, pem)] as const),
        ),
      ) as Record<keyof typeof names, string>;
      await both(
        `${curve}-certificate`,
        { key: paths.key, certificate: paths.own, chain: [paths.between] },
        { key: paths.key, certificates: [paths.own, paths.between], subject: 'tiny' },
        { authorities: [paths.ca] },
        { certificateAuthorities: [paths.ca] },
      );
      const stranger = await written(`${curve}-stranger.pem`, authority('Test Root').pem);
      const signature = join(work, `${curve}-certificate-ours.sig`);
      expect(there({ do: 'verify', model, signature, authorities: [stranger] })[0]).to.be.a('string');
      const here = verifyFolder(model, await readFile(signature), { certificateAuthorities: [stranger] });
      expect((await rejection(here)).code).to.equal('ERR_SIGNATURE_INVALID');
    });
  }

  it('signs by shards and by blake2b, which it cannot verify itself, and a single file', async () => {
    const { key, pub } = pair();
    const path = await written('other.key', key);
    const trust = { publicKeys: [pub] };
    const [shards, blake, single] = ['shards.sig', 'blake2.sig', 'single.sig'].map((name) => join(work, name)) as [
      string,
      string,
      string,
    ];
    expect(
      there(
        { do: 'sign', model, signature: shards, key: path, shard_size: 1000 },
        { do: 'sign', model, signature: blake, key: path, algorithm: 'blake2' },
        { do: 'sign', model: join(model, 'model.pt'), signature: single, key: path },
      ),
    ).to.deep.equal([null, null, null]);
    for (const signature of [shards, blake]) {
      const bundle = await readFile(signature);
      expect((await verifyFolder(model, bundle, trust)).files.size).to.equal(3);
      await changes['a changed byte']![0](model);
      expect((await rejection(verifyFolder(model, bundle, trust))).code).to.equal('ERR_SIGNATURE_INVALID');
      await changes['a changed byte']![1](model);
    }
    await verifyFolder(join(model, 'model.pt'), await readFile(single), trust);
  });

  it('leaves out what it ignores, in both directions', async () => {
    const { key, pub } = pair();
    const [keyPath, pubPath] = [await written('git.key', key), await written('git.pub', pub)];
    await mkdir(join(model, '.git'));
    await writeFile(join(model, '.git/HEAD'), 'anything');
    try {
      await both('git', { key: keyPath }, { key, subject: 'tiny' }, { key: pubPath }, { publicKeys: [pub] });
    } finally {
      await rm(join(model, '.git'), { recursive: true });
    }
  });

  it('verifies a version of the registry, and its bundle of one is attached', async () => {
    const { key, pub } = pair();
    const [keyPath, pubPath] = [await written('registry.key', key), await written('registry.pub', pub)];
    const { root: place, registry, beside, file } = await testRegistry();
    try {
      await registry.sign('tiny', 'v1.0', { key: keyPath });
      const order = { do: 'verify', model: file('.'), signature: beside('model.sig'), key: pubPath } as const;
      expect(there(order)).to.deep.equal([null]);
      const signature = join(work, 'attached.sig');
      expect(there({ do: 'sign', model: file('.'), signature, key: keyPath })).to.deep.equal([null]);
      const trust = { publicKeys: [pubPath] };
      await registry.attachSignature('tiny', 'v1.0', await readFile(signature), { trust });
      const { coversRecord } = await registry.verifySignature('tiny', 'v1.0', trust);
      expect(coversRecord).to.equal(false);
    } finally {
      await rm(place, { recursive: true });
    }
  });
});
