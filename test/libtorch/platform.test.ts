import { expect } from 'chai';
import { checkPlatform, currentPlatform, describePlatform, type Platform } from '#dist/libtorch/platform.js';
import { rejection } from '../support/errors.js';

const debian: Platform = {
  triple: 'linux-x64',
  os: 'linux',
  arch: 'x64',
  libc: 'glibc',
  glibc: '2.36',
  node: '22.12.0',
};

describe('platform', () => {
  it('knows this machine', () => {
    const platform = currentPlatform();
    expect(platform).to.include({ os: process.platform, arch: process.arch, node: process.versions.node });
    checkPlatform();
  });

  it('explains musl', async () => {
    const alpine: Platform = { ...debian, triple: 'linux-x64-musl', libc: 'musl', glibc: undefined };
    const error = await rejection(() => {
      checkPlatform(alpine);
    }, 'ERR_PLATFORM_UNSUPPORTED');
    expect(error.message).to.contain('needs glibc').and.contain('Alpine').and.contain('found: linux-x64-musl, musl');
    expect(error.message).to.match(/fix: .*bookworm-slim/);
  });

  it('names the glibc that it needs and the one that is there', async () => {
    const old = { ...debian, glibc: '2.17' };
    const error = await rejection(() => {
      checkPlatform(old);
    }, 'ERR_PLATFORM_UNSUPPORTED');
    expect(error.message).to.contain('glibc 2.28 or newer').and.contain('glibc 2.17');
    checkPlatform({ ...debian, glibc: '2.28' });
  });

  it('names the platforms there are', async () => {
    const intel: Platform = { ...debian, triple: 'darwin-x64', os: 'darwin', libc: 'none', glibc: undefined };
    const error = await rejection(() => {
      checkPlatform(intel);
    }, 'ERR_PLATFORM_UNSUPPORTED');
    expect(error.message).to.contain('linux-x64, linux-arm64').and.contain('found: darwin-x64, Node 22.12.0');
    checkPlatform({ ...intel, triple: 'win32-x64', os: 'win32', arch: 'x64' });
  });

  it('names the macOS that it needs and the kernel that is there', async () => {
    const mac: Platform = {
      ...debian,
      triple: 'darwin-arm64',
      os: 'darwin',
      arch: 'arm64',
      libc: 'none',
      glibc: undefined,
    };
    const error = await rejection(() => {
      checkPlatform({ ...mac, darwin: '22.6.0' });
    }, 'ERR_PLATFORM_UNSUPPORTED');
    expect(error.message).to.contain('macOS 14 or newer').and.contain('found: darwin-arm64, Darwin 22.6.0, Node');
    checkPlatform({ ...mac, darwin: '23.0.0' });
    checkPlatform({ ...mac, darwin: '25.1.0' });
  });

  it('is one line', () => {
    expect(describePlatform(debian)).to.equal('linux-x64, glibc 2.36, Node 22.12.0');
  });
});
