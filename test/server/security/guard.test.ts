import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Guard } from '#dist/server/security/guard.js';
import { isLoopback } from '#dist/server/security/loopback.js';
import { RateLimit } from '#dist/server/security/rate-limit.js';
import { scopeOf } from '#dist/server/security/scope.js';
import { TokenStore } from '#dist/server/security/token-store.js';
import { networkOf } from '#dist/server/security/network.js';
import { WrongTokens } from '#dist/server/security/wrong-tokens.js';
import { caught } from '../../support/caught.js';
import { keptLogger } from '../../support/server/logs.js';

const infer = 'nlt_infer_0123456789abcdefghij';
const admin = 'nlt_admin_0123456789abcdefghij';
const address = '192.0.2.7';

describe('the guard of callers', () => {
  let now: number;
  let guard: Guard;
  const clock = () => now;
  const bearer = (token: string, from = address) => ({ authorization: `Bearer ${token}`, address: from });
  const codeOf = (authorization: string | undefined, from = address) =>
    caughtCode(() => guard.authorize({ authorization, address: from }, 'infer'));
  beforeEach(() => {
    now = 1000;
    const tokens = new TokenStore({ text: `ci infer ${infer}\nops admin ${admin}` }, keptLogger().logger);
    guard = new Guard(tokens, new WrongTokens(clock), undefined);
  });

  it("says whom a token stands for; the scheme's case does not count", () => {
    expect(guard.authorize(bearer(infer), 'infer')).to.equal('ci');
    expect(guard.authorize({ authorization: `bEARER  ${infer} `, address }, 'infer')).to.equal('ci');
    expect(guard.authorize(bearer(admin), 'admin')).to.equal('ops');
  });

  const strangers: [string, string | undefined][] = [
    ['nothing', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['a cut token', `Bearer ${infer.slice(0, -1)}`],
    ['a longer token', `Bearer ${infer}x`],
    ['another scheme', `Basic ${infer}`],
    ['a bare token', infer],
    ['two tokens', `Bearer ${infer} ${infer}`],
    ['a token with a comma', `Bearer ${infer},`],
    ['a very long token', `Bearer ${'x'.repeat(10_000)}`],
  ];
  for (const [what, authorization] of strangers) {
    it(`lets nobody in with ${what}`, () => expect(codeOf(authorization)).to.equal('ERR_UNAUTHENTICATED'));
  }

  it('keeps scopes apart, both ways', () => {
    caught(() => guard.authorize(bearer(infer), 'admin'), 'ERR_FORBIDDEN');
    caught(() => guard.authorize(bearer(admin), 'infer'), 'ERR_FORBIDDEN');
  });

  it('asks nothing of probes; of metrics only strangers to this machine, and any token does', () => {
    expect(guard.authorize({ authorization: undefined, address }, 'none')).to.equal(undefined);
    expect(guard.authorize({ authorization: undefined, address: '127.0.0.1' }, 'metrics')).to.equal(undefined);
    caught(() => guard.authorize({ authorization: undefined, address }, 'metrics'), 'ERR_UNAUTHENTICATED');
    expect(guard.authorize(bearer(infer), 'metrics')).to.equal('ci');
    expect(guard.authorize(bearer(admin), 'metrics')).to.equal('ops');
  });

  it('shuts out an address after 20 wrong tokens, for a minute, and no other', () => {
    const codes = Array.from({ length: 1000 }, (_, i) => codeOf(`Bearer wrong-${i}`));
    expect(codes.slice(0, 20)).to.deep.equal(new Array(20).fill('ERR_UNAUTHENTICATED'));
    expect(new Set(codes.slice(20))).to.deep.equal(new Set(['ERR_RATE_LIMIT']));
    expect(guard.authorize(bearer(infer, '192.0.2.8'), 'infer')).to.equal('ci');
    // Not even a good one: whoever guesses does not find out.
    expect(codeOf(`Bearer ${infer}`)).to.equal('ERR_RATE_LIMIT');
    now += 60_000;
    expect(guard.authorize(bearer(infer), 'infer')).to.equal('ci');
  });

  it('goes on with a token that was good from there before: one proxy has many behind it', () => {
    guard.authorize(bearer(infer), 'infer');
    for (let i = 0; i < 50; i++) codeOf(`Bearer wrong-${i}`);
    expect(guard.authorize(bearer(infer), 'infer')).to.equal('ci');
    caught(() => guard.authorize(bearer(admin), 'admin'), 'ERR_RATE_LIMIT');
  });

  it('remembers that when the same tokens are read again', () => {
    const text = `ci infer ${infer}`;
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-guard-'));
    const file = join(folder, 'tokens');
    writeFileSync(file, text);
    const tokens = new TokenStore({ file }, keptLogger().logger);
    try {
      guard = new Guard(tokens, new WrongTokens(clock), undefined);
      guard.authorize(bearer(infer), 'infer');
      for (let i = 0; i < 50; i++) codeOf(`Bearer wrong-${i}`);
      tokens.reload();
      expect(guard.authorize(bearer(infer), 'infer')).to.equal('ci');
    } finally {
      tokens.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('remembers a bounded number of tokens and of their addresses', () => {
    const wrong = new WrongTokens(clock);
    const token = (n: number) => ({ digest: Buffer.from(`digest ${n}`) });
    wrong.isAtHome(token(0), 'first', false);
    wrong.isAtHome(token(1), 'first', false);
    for (let i = 0; i < 256; i++) wrong.isAtHome(token(1), `a${i}`, false);
    expect(wrong.isAtHome(token(1), 'first', true)).to.equal(false);
    expect(wrong.isAtHome(token(1), 'a255', true)).to.equal(true);
    for (let i = 1; i <= 1024; i++) wrong.isAtHome(token(i), 'first', false);
    expect(wrong.isAtHome(token(0), 'first', true)).to.equal(false);
    expect(wrong.isAtHome(token(1024), 'first', true)).to.equal(true);
  });

  it('counts no request without a token as a wrong one', () => {
    for (let i = 0; i < 50; i++) codeOf(undefined);
    expect(codeOf(undefined)).to.equal('ERR_UNAUTHENTICATED');
  });

  it('counts an IPv6 network of 64 bits as one, and remembers a bounded number', () => {
    for (let i = 0; i < 21; i++) codeOf('Bearer wrong', `2001:db8::${i}`);
    expect(codeOf('Bearer wrong', '2001:db8::ffff')).to.equal('ERR_RATE_LIMIT');
    expect(codeOf('Bearer wrong', '2001:db8:0:1::1')).to.equal('ERR_UNAUTHENTICATED');
    expect(networkOf('::1')).to.equal('0:0:0:0');
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0:0');
    const wrong = new WrongTokens(clock);
    for (let i = 0; i < 21; i++) wrong.count('first');
    for (let i = 0; i < 10_000; i++) wrong.count(`a${i}`);
    expect(wrong.waitOf('first')).to.equal(0);
    expect(wrong.waitOf('a9999')).to.equal(0);
  });
});

describe('the rate of a client', () => {
  it('is a burst, and then so many a second', () => {
    let now = 0;
    const limit = new RateLimit(10, 3, () => now);
    const taken = () => limit.waitOf('a') === 0;
    expect([taken(), taken(), taken(), taken()]).to.deep.equal([true, true, true, false]);
    expect(limit.waitOf('a')).to.equal(100);
    expect(limit.waitOf('b')).to.equal(0);
    now += 99;
    expect(taken()).to.equal(false);
    now += 1;
    expect([taken(), taken()]).to.deep.equal([true, false]);
    now += 10_000;
    expect([taken(), taken(), taken(), taken()]).to.deep.equal([true, true, true, false]);
  });

  it('is remembered of a bounded number of clients, of those that wait the longest', () => {
    let now = 0;
    const limit = new RateLimit(1, 1, () => now);
    for (let i = 0; i < 10_000; i++) limit.waitOf(`old${i}`);
    now += 1000;
    limit.waitOf('new');
    expect(limit.clients).to.equal(1);
    for (let i = 0; i < 50_000; i++) limit.waitOf(`flood${i}`);
    expect(limit.clients).to.be.at.most(10_000);
  });

  it('is refused with the time to wait', () => {
    const guard = new Guard(undefined, new WrongTokens(() => 0), new RateLimit(1, 1, () => 0));
    const caller = { authorization: undefined, address };
    expect(guard.authorize(caller, 'infer')).to.equal(undefined);
    caught(() => guard.authorize(caller, 'infer'), 'ERR_RATE_LIMIT');
    expect(guard.authorize(caller, 'none')).to.equal(undefined);
    expect(guard.authorize(caller, 'admin')).to.equal(undefined);
  });

  it('is that of a network of IPv6, whichever of its addresses a client takes', () => {
    const guard = new Guard(undefined, new WrongTokens(() => 0), new RateLimit(1, 1, () => 0));
    const from = (address: string | undefined) => guard.authorize({ authorization: undefined, address }, 'infer');
    from('2001:db8::1');
    caught(() => from('2001:db8::2'), 'ERR_RATE_LIMIT');
    from('2001:db8:0:1::1');
    from('192.0.2.1');
    // The same client, as a socket of both families shows it.
    caught(() => from('::ffff:192.0.2.1'), 'ERR_RATE_LIMIT');
    from('::ffff:192.0.2.2');
    expect(from(undefined)).to.equal(undefined);
    caught(() => from(undefined), 'ERR_RATE_LIMIT');
  });
});

describe('what is of this machine', () => {
  for (const name of ['127.0.0.1', '127.255.0.9', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST']) {
    it(`is ${name}`, () => expect(isLoopback(name)).to.equal(true));
  }
  for (const name of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil', '127.1', '128.0.0.1', '127.0.0.256', 'evil', '']) {
    it(`is not ${name}`, () => expect(isLoopback(name)).to.equal(false));
  }
  it('is nothing that has no address', () => expect(isLoopback(undefined)).to.equal(false));
});

describe('the scope of a route', () => {
  it('is infer unless it says otherwise', () => {
    expect(scopeOf({})).to.equal('infer');
    expect(scopeOf({ scope: 'admin' })).to.equal('admin');
    expect(scopeOf({ isProbe: true })).to.equal('none');
    expect(scopeOf({ isProbe: true, scope: 'metrics' })).to.equal('metrics');
  });
});

function caughtCode(action: () => unknown): string {
  try {
    action();
    return 'let in';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
