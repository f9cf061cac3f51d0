import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '#dist/server/settings/load.js';
import { policyOfSettings } from '#dist/server/settings/policy.js';
import { rejection } from '../../support/rejection.js';
import { pair } from '../../registry/signing/support.js';

describe('settings of the policy', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'policy-settings-'))));
  after(() => rmSync(folder, { recursive: true }));

  const policy = (env: Record<string, string>) => policyOfSettings(loadSettings({ env }));

  it('demand nothing by default', async () => {
    expect(await policy({})).to.equal(undefined);
  });

  it('name the policy, and whose signatures count', async () => {
    const paths = ['a.pub', 'b.pub'].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, pair().pub);
    const env = { NODE_LIBTORCH_POLICY: 'signature', NODE_LIBTORCH_TRUSTED_KEYS: paths.join(':') };
    expect(await policy(env)).to.include({ require: 'signature', mode: 'enforce' });
    expect(await policy({ ...env, NODE_LIBTORCH_POLICY_MODE: 'report' })).to.include({ mode: 'report' });
    expect(await policy({ NODE_LIBTORCH_POLICY: 'sha256' })).to.include({ require: 'sha256' });
  });

  it('are refused at the start where a file is missing, or nobody asks for what they say', async () => {
    const trusted = { NODE_LIBTORCH_TRUSTED_KEYS: join(folder, 'none.pub') };
    const missing = await rejection(policy({ NODE_LIBTORCH_POLICY: 'signature', ...trusted }));
    expect([missing.code, missing.message].join(' ')).to.match(/^ERR_CONFIG .*none\.pub to be readable \(ENOENT\)/);
    expect((await rejection(policy(trusted))).message).to.match(/beside publicKeys, but it is none/);
    const root = {
      NODE_LIBTORCH_POLICY: 'signature',
      NODE_LIBTORCH_TRUSTED_IDENTITIES: 'me@example.com https://issuer',
    };
    expect((await rejection(policy(root))).message).to.match(/trustedRoot beside identities/);
    const shape = { NODE_LIBTORCH_TRUSTED_IDENTITIES: 'me@example.com' };
    expect(() => loadSettings({ env: shape })).to.throw(/an identity, a space and the URL of its issuer/);
  });
});
