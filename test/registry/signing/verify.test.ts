import { expect } from 'chai';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootOf } from '#dist/registry/signing/statement.js';
import { signFolder, type SignOptions } from '#dist/registry/signing/sign.js';
import { verifyFolder } from '#dist/registry/signing/verify.js';
import { certificate } from '../../support/certificates.js';
import { rejection } from '../../support/rejection.js';
import { changed, files, folder, pair, parsed, signedAgain, statementOf, type StatementJson } from './support.js';

const invalid = 'ERR_SIGNATURE_INVALID';

describe('signatures of folders', () => {
  let root: string;
  const { key, pub } = pair();
  const trust = { publicKeys: [pub] };
  const options = { key, subject: 'tiny' };
  const sign = async (more: Partial<SignOptions> = {}): Promise<string> =>
    (await signFolder(root, { ...options, ...more })).bundle;
  const refused = async (bundle: string, path = root): Promise<string> => {
    const error = await rejection(verifyFolder(path, bundle, trust));
    expect(error.code, error.message).to.equal(invalid);
    return error.message;
  };

  beforeEach(async () => (root = await folder()));
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('verify with the public key of each curve, and say what was signed', async () => {
    for (const [curve, digits] of Object.entries({ 'P-256': 256, 'P-384': 384, 'P-521': 521 })) {
      const { key, pub } = pair(curve);
      const { bundle, warnings } = await signFolder(root, { key, subject: 'tiny', annotations: { 'org.a': 'b' } });
      const verified = await verifyFolder(root, bundle, { publicKeys: [pair(curve).pub, pub] });
      expect(verified.subject, String(digits)).to.equal('tiny');
      expect(verified.signer.method).to.equal('key');
      expect([...verified.annotations]).to.deep.equal([['org.a', 'b']]);
      expect([...verified.files.keys()].sort()).to.deep.equal(Object.keys(files).sort());
      const sha256 = createHash('sha256').update(files['model.pt']).digest('hex');
      expect(verified.files.get('model.pt')).to.deep.equal({ sha256, bytes: 7 });
      expect(warnings).to.deep.equal([]);
    }
  });

  it('list files part by part, as model-signing does', async () => {
    const names = statementOf(parsed(await sign())).predicate.resources.map(({ name }) => name);
    expect(names).to.deep.equal(['model.pt', 'sub/weights.bin', 'sub-a']);
  });

  it('refuse a changed, missing, additional or longer file, each by its name', async () => {
    const bundle = await sign();
    await writeFile(join(root, 'sub-a'), 'sorted after suc/');
    expect(await refused(bundle)).to.match(/"sub-a" .* was changed or damaged/);
    await rm(join(root, 'sub-a'));
    expect(await refused(bundle)).to.match(/missing: "sub-a"/);
    await writeFile(join(root, 'sub-a'), files['sub-a']);
    await verifyFolder(root, bundle, trust);
    await writeFile(join(root, 'sub/.hidden'), '');
    expect(await refused(bundle)).to.match(/were not: "sub\/\.hidden"/);
    await rm(join(root, 'sub/.hidden'));
    await appendFile(join(root, 'model.pt'), ' ');
    expect(await refused(bundle)).to.match(/"model.pt"/);
  });

  it('do not read the files when they are asked not to, but look which there are', async () => {
    const bundle = await sign();
    await writeFile(join(root, 'model.pt'), 'b model');
    const { files: found } = await verifyFolder(root, bundle, trust, {
      unread: new Set(['model.pt', 'sub/weights.bin']),
    });
    expect(found.get('model.pt')?.sha256).to.equal(createHash('sha256').update(files['model.pt']).digest('hex'));
    await rm(join(root, 'model.pt'));
    expect(
      (await rejection(verifyFolder(root, bundle, trust, { unread: new Set(['model.pt', 'sub/weights.bin']) }))).code,
    ).to.equal(invalid);
  });

  it('hold with blake2b and with shards, and find the digest of whole files by the way', async () => {
    for (const more of [
      { algorithm: 'blake2b' },
      { shardBytes: 1000 },
      { shardBytes: 1000, algorithm: 'blake2b' },
    ] as const) {
      const bundle = await sign(more);
      const { files: found } = await verifyFolder(root, bundle, trust, {
        unread: new Set(['model.pt', 'sub/weights.bin']),
      });
      const sha256 = createHash('sha256').update(files['sub/weights.bin']).digest('hex');
      expect(found.get('sub/weights.bin')).to.deep.equal({ sha256, bytes: 2500 });
      for (const break_ of [
        () => writeFile(join(root, 'sub/weights.bin'), `${'x'.repeat(2499)}y`),
        () => writeFile(join(root, 'sub/weights.bin'), 'x'.repeat(3000)),
        () => writeFile(join(root, 'sub/weights.bin'), 'x'.repeat(2600)),
        () => truncate(join(root, 'sub/weights.bin'), 2000),
        () => truncate(join(root, 'sub/weights.bin'), 0),
      ]) {
        await break_();
        expect(await refused(bundle)).to.match(/sub\/weights\.bin/);
      }
      await writeFile(join(root, 'sub/weights.bin'), files['sub/weights.bin']);
    }
  });

  it('of a single file are for that file, whatever it is called', async () => {
    const path = join(root, 'model.pt');
    const { bundle } = await signFolder(path, options);
    await rename(path, join(root, 'other.pt'));
    const { files: found } = await verifyFolder(join(root, 'other.pt'), bundle, trust);
    expect([...found.keys()]).to.deep.equal(['.']);
    expect(await refused(bundle)).to.match(/missing: "\."/);
  });

  it('leave out ignored paths, and only those', async () => {
    await mkdir(join(root, '.git'));
    await writeFile(join(root, '.git/HEAD'), 'x');
    const bundle = await sign();
    await rm(join(root, '.git'), { recursive: true });
    await verifyFolder(root, bundle, trust);
    await writeFile(join(root, '.gitmodules'), 'x');
    expect(await refused(bundle)).to.match(/\.gitmodules/);
    const own = await sign({ ignorePaths: ['.gitmodules', 'sub'] });
    await rm(join(root, 'sub'), { recursive: true });
    expect([...(await verifyFolder(root, own, trust)).files.keys()]).to.deep.equal(['model.pt', 'sub-a']);
  });

  it('refuse symbolic links and special files', async () => {
    const bundle = await sign();
    await rename(join(root, 'model.pt'), `${root}-elsewhere`);
    await symlink(`${root}-elsewhere`, join(root, 'model.pt'));
    expect(await refused(bundle)).to.match(/symbolic link.*"model.pt"/);
    expect((await rejection(sign())).code).to.equal(invalid);
    const followed = await sign({ allowSymlinks: true });
    await verifyFolder(root, followed, trust);
    await symlink(join(root, 'sub'), join(root, 'again'));
    expect(await refused(followed)).to.match(/links to folders but "again"/);
    await rm(join(root, 'again'));
    await rm(`${root}-elsewhere`);
    if (process.platform === 'win32') return;
    await rm(join(root, 'model.pt'));
    execFileSync('mkfifo', [join(root, 'model.pt')]);
    expect(await refused(bundle)).to.match(/"model.pt" is neither/);
  });

  it('refuse names that are no UTF-8, and links that go round in a circle', async function () {
    if (process.platform !== 'linux') this.skip();
    const bundle = await sign();
    const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x61, 0xff])]);
    await writeFile(odd, 'x');
    expect(await refused(bundle)).to.match(/to be readable \(ENOENT/);
    await rm(odd);
    await symlink('round', join(root, 'round'));
    expect((await rejection(sign({ allowSymlinks: true }))).message).to.match(/to be readable \(ELOOP/);
  });

  it('take keys as OpenSSL writes them, and a certificate for a public key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    // openssl ecparam -genkey writes the name of the curve before the key.
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const bundle = await sign({ key: parameters + sec1 });
    const { pem } = certificate({ name: 'me', key: privateKey });
    await verifyFolder(root, bundle, { publicKeys: [pem] });
  });

  it('refuse another key, a changed payload, signature or hint', async () => {
    const bundle = await sign();
    const other = pair();
    const error = await rejection(verifyFolder(root, bundle, { publicKeys: [other.pub] }));
    expect(error.message).to.match(/by the key [0-9a-f]{64}, which is none of them/);
    expect(await refused(await sign({ key: other.key }))).to.match(/none of them/);
    const { hint } = parsed(bundle).verificationMaterial.publicKey as { hint: string };
    const posing = changed(await sign({ key: other.key }), (json) => {
      json.verificationMaterial.publicKey = { hint };
    });
    expect(await refused(posing)).to.match(/made by another key/);
    const payload = changed(bundle, (json) => {
      const text = Buffer.from(json.dsseEnvelope.payload, 'base64').toString().replace('tiny', 'tinz');
      json.dsseEnvelope.payload = Buffer.from(text).toString('base64');
    });
    expect(await refused(payload)).to.match(/it was changed/);
    expect((await rejection(verifyFolder(root, bundle, { certificateAuthorities: [] }))).message).to.match(
      /no publicKeys/,
    );
  });

  it('refuse a signature that is no DER, or has something after it', async () => {
    const bundle = await sign();
    const signature = Buffer.from(parsed(bundle).dsseEnvelope.signatures[0]!.sig as string, 'base64');
    const raw = (bytes: Buffer): string =>
      changed(bundle, (json) => {
        json.dsseEnvelope.signatures = [{ sig: bytes.toString('base64') }];
      });
    const longForm = Buffer.concat([Buffer.from([0x30, 0x81]), signature.subarray(1)]);
    const isZero = Buffer.from('3006020100020100', 'hex');
    for (const one of [
      Buffer.concat([signature, Buffer.alloc(1)]),
      longForm,
      isZero,
      signature.subarray(2),
      Buffer.alloc(70),
    ]) {
      await refused(raw(one));
    }
  });

  it('accept a good one of several signatures, and what keyid says', async () => {
    const bundle = await sign();
    const { sig } = parsed(bundle).dsseEnvelope.signatures[0]!;
    const bad = { sig: Buffer.alloc(70).toString('base64') };
    for (const signatures of [[bad, { sig, keyid: null }], [{ sig, keyid: 'any' }, bad], [{ sig }]]) {
      const several = changed(bundle, (json) => {
        json.dsseEnvelope.signatures = signatures;
      });
      await verifyFolder(root, several, trust);
    }
  });

  it('accept bundles from before v1.1.0, with the key itself and no hint', async () => {
    const old = changed(await sign(), (json) => {
      json.verificationMaterial = { publicKey: { rawBytes: 'AAAA', keyDetails: 'X' } };
    });
    await verifyFolder(root, old, trust);
  });

  const statements: Record<string, [change: (statement: StatementJson) => unknown, message: RegExp]> = {
    'no JSON': [() => '{', /JSON in the payload/],
    'another type of statement': [(s) => ({ ...s, _type: 'https://in-toto.io/Statement/v0.1' }), /_type/],
    'another predicate': [(s) => ({ ...s, predicateType: 'https://example.com/v1' }), /predicateType/],
    'the predicate of v0.2': [(s) => ({ ...s, predicateType: 'https://model_signing/Digests/v0.1' }), /predicateType/],
    'no subject': [(s) => ({ ...s, subject: [] }), /exactly 1 at statement\/subject/],
    'two subjects': [(s) => ({ ...s, subject: [...s.subject, ...s.subject] }), /exactly 1 at statement\/subject/],
    'a member that is not known': [(s) => ({ ...s, more: 1 }), /"more"/],
    'a member of the predicate that is not known': [(s) => void Object.assign(s.predicate, { more: 1 }), /"more"/],
    'no digest of the whole': [(s) => void (s.subject[0]!.digest = { sha512: 'aa' }), /"sha256" at statement\/subject/],
    'another digest of the whole': [
      (s) => void (s.subject[0]!.digest.sha256 = 'a'.repeat(64)),
      /digest of the subject/,
    ],
    'a file left out, but not of the digest of the whole': [
      (s) => void s.predicate.resources.pop(),
      /digest of the subject/,
    ],
    'files in another order': [(s) => void s.predicate.resources.reverse(), /digest of the subject/],
    'a digest in capitals': [(s) => void (s.predicate.resources[0]!.digest = 'A'.repeat(64)), /lower-case hex/],
    'a digest that is too short': [(s) => void (s.predicate.resources[0]!.digest = 'ab'), /64 hex digits/],
    'another algorithm': [(s) => void (s.predicate.resources[0]!.algorithm = 'blake2b'), /hash_type/],
    blake3: [(s) => void (s.predicate.serialization.hash_type = 'blake3'), /blake3 is not supported/],
    md5: [(s) => void (s.predicate.serialization.hash_type = 'md5'), /one of sha256, blake2b, blake3/],
    'another method': [(s) => void (s.predicate.serialization.method = 'tensors'), /one of files, shards/],
    'a size of shards without shards': [(s) => void (s.predicate.serialization.shard_size = 5), /shard_size/],
    'shards without their size': [(s) => void (s.predicate.serialization.method = 'shards'), /shard_size/],
    'nothing of symbolic links': [
      (s) => void Reflect.deleteProperty(s.predicate.serialization, 'allow_symlinks'),
      /allow_symlinks/,
    ],
    'a file that is signed and ignored': [(s) => void (s.predicate.serialization.ignore_paths = ['sub']), /not both/],
    'an ignored path of nothing': [(s) => void (s.predicate.serialization.ignore_paths = ['']), /ignore_paths\/0/],
    'a __proto__': [(s) => JSON.stringify(s).replace('"predicate":{', '"predicate":{"__proto__":{},'), /"__proto__"/],
  };
  for (const [what, [change, message]] of Object.entries(statements)) {
    it(`refuse ${what}, though it is signed`, async () => {
      expect(await refused(signedAgain(await sign(), key, change))).to.match(message);
    });
  }

  it('refuse names that lead elsewhere or are spelled in two ways', async () => {
    const bundle = await sign();
    const names = [
      '../x',
      'a/../../x',
      '/etc/passwd',
      'C:/x',
      'a\\b',
      'a\0b',
      './a',
      'a//b',
      'a/',
      'sub/.',
      '',
      '..',
      '.',
    ];
    for (const name of names) {
      const bad = signedAgain(bundle, key, ({ predicate }) => void (predicate.resources[0]!.name = name));
      expect(await refused(bad), name).to.match(/resources\/0\/name|"\." among others/);
    }
    const twice = signedAgain(bundle, key, ({ predicate: { resources }, subject }) => {
      resources.push(resources[0]!);
      subject[0]!.digest.sha256 = rootOf(resources as unknown as { digest: string }[]);
    });
    expect(await refused(twice)).to.match(/each file once/);
  });

  it('refuse shards that overlap, leave a gap, or are no shards', async () => {
    const bundle = await sign({ shardBytes: 1000 });
    for (const [name, message] of Object.entries({
      'sub/weights.bin:0:900': /follow one another|multiple/,
      'sub/weights.bin:1000:2000': /overlap|gap/,
      'sub/weights.bin:0:2000': /at most 1000/,
      'sub/weights.bin:0:-1': /path:start:end/,
      'sub/weights.bin:1000': /path:start:end/,
      'sub/weights.bin:0x0:0x10': /path:start:end/,
      'sub/weights.bin:0:99999999999999999999': /path:start:end/,
      'a:b:0:1000': /path:start:end/,
    })) {
      const bad = signedAgain(bundle, key, ({ predicate }) => {
        const shard = predicate.resources.find((one) => one.name === 'sub/weights.bin:0:1000')!;
        shard.name = name;
      });
      expect(await refused(bad), name).to.match(message);
    }
  });

  it('hold to the end of the work that was aborted', async () => {
    const bundle = await sign();
    const error = await rejection(
      verifyFolder(root, bundle, trust, { signal: AbortSignal.abort(new Error('enough')) }),
    );
    expect(error.message).to.equal('enough');
  });

  it('are made with keys on three curves only, and only verified with them', async () => {
    const others = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
    ];
    for (const { privateKey, publicKey } of others) {
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const signing = await rejection(sign({ key }));
      expect([signing.code, signing.message].join(' ')).to.match(/^ERR_INVALID_ARGUMENT .*P-256, P-384 or P-521/);
      const pub = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const verifying = await rejection(verifyFolder(root, await sign(), { publicKeys: [pub] }));
      expect([verifying.code, verifying.message].join(' ')).to.match(/^ERR_CONFIG .*P-256, P-384 or P-521/);
    }
    const private_ = await rejection(verifyFolder(root, await sign(), { publicKeys: [key] }));
    expect(private_.message).to.match(/private one/);
  });

  it('with a key in a file: encrypted, readable by all, missing, garbage', async () => {
    const path = join(root, 'sub-a');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
    await writeFile(path, encrypted, { mode: 0o644 });
    expect((await rejection(sign({ key: path }))).message).to.match(/passphrase for the private key .*encrypted/);
    expect((await rejection(sign({ key: path, passphrase: 'wrong' }))).message).to.match(/Expected the passphrase/);
    const { warnings } = await signFolder(root, { ...options, key: path, passphrase: 'secret' });
    if (process.platform !== 'win32') expect(warnings.join()).to.match(/mode 0644\); chmod 600/);
    expect((await rejection(sign({ key: join(root, 'none.pem') }))).message).to.match(/ENOENT/);
    expect((await rejection(sign({ key: join(root, 'model.pt') }))).message).to.match(/private key in PEM/);
    expect((await rejection(sign({ key: root }))).message).to.match(/regular file/);
  });

  it('refuse options that are not known, and values that they cannot have', async () => {
    expect((await rejection(signFolder(root, { ...options, hash: 1 } as never))).message).to.match(/"hash"/);
    expect((await rejection(sign({ algorithm: 'md5' as never }))).message).to.match(/one of sha256, blake2b/);
    expect((await rejection(verifyFolder(root, await sign(), { keys: [] } as never))).message).to.match(/"keys"/);
    expect((await rejection(verifyFolder(root, await sign(), undefined as never))).code).to.equal(
      'ERR_INVALID_ARGUMENT',
    );
    expect((await rejection(verifyFolder(root, await sign(), { identities: ['a b'] }))).code).to.equal('ERR_CONFIG');
  });
});
