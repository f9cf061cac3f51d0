/** Which machine this is, and whether LibTorch's binaries run on it. */

import { release } from 'node:os';
import { torchError } from '../errors.js';
import { compareDotted } from './version.js';

export interface Platform {
  /** `linux-x64`, `darwin-arm64`, …; `linux-x64-musl` where the C library is musl. Names packages and cache folders. */
  readonly triple: string;
  readonly os: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl' | 'none';
  /** The C library's version, where it is glibc. */
  readonly glibc: string | undefined;
  /** The version of macOS's kernel, Darwin; undefined elsewhere. */
  readonly darwin?: string | undefined;
  /** The Node version, without the `v`. */
  readonly node: string;
}

/** The platform as npm packages name it: `linux-x64-gnu`, `darwin-arm64`. */
export function packageSuffix({ triple, libc }: Platform): string {
  return libc === 'glibc' ? `${triple}-gnu` : triple;
}

/** PyTorch's Linux wheels are `manylinux_2_28`. */
const minimumGlibc = '2.28';
/** The kernel of macOS 14, which PyTorch's macOS wheels and the libraries in them are built for. */
const minimumDarwin = '23';
/** Those after the first are written by their wheels' contents; no machine of the kind has run them yet. */
const supported = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'];

let known: Platform | undefined;

/** This machine. Read once, since the report behind it costs milliseconds. */
export function currentPlatform(): Platform {
  known ??= readPlatform();
  return known;
}

function readPlatform(): Platform {
  const { platform: os, arch } = process;
  const glibc = os === 'linux' ? glibcVersion() : undefined;
  const libc = os !== 'linux' ? 'none' : glibc === undefined ? 'musl' : 'glibc';
  const triple = `${os}-${arch}${libc === 'musl' ? '-musl' : ''}`;
  const darwin = os === 'darwin' ? release() : undefined;
  return { triple, os, arch, libc, glibc, darwin, node: process.versions.node };
}

function glibcVersion(): string | undefined {
  // Without this the report resolves the names of open sockets' peers, which can take seconds.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    return (report.getReport() as { header?: { glibcVersionRuntime?: string } }).header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = before ?? false;
  }
}

/** @throws ERR_PLATFORM_UNSUPPORTED, with the reason and a fix, if LibTorch cannot run on this machine */
export function checkPlatform(platform: Platform = currentPlatform()): void {
  const refuse = (reason: string, fix: string): never => {
    throw torchError('ERR_PLATFORM_UNSUPPORTED', `${reason}\n  found: ${describePlatform(platform)}\n  fix: ${fix}`);
  };
  if (platform.libc === 'musl') {
    refuse(
      'LibTorch needs glibc, but this system uses another C library (musl, as on Alpine)',
      'use an image with glibc, such as node:22-bookworm-slim',
    );
  }
  if (!supported.includes(platform.triple)) {
    refuse(`node-libtorch runs on ${supported.join(', ')}`, 'use one of these platforms, or a Linux container');
  }
  if (platform.glibc !== undefined && compareDotted(platform.glibc, minimumGlibc) < 0) {
    refuse(`LibTorch needs glibc ${minimumGlibc} or newer`, 'use a newer distribution, such as Debian 12 or RHEL 9');
  }
  if (platform.darwin !== undefined && compareDotted(platform.darwin, minimumDarwin) < 0) {
    refuse(`LibTorch needs macOS 14 or newer (Darwin ${minimumDarwin})`, 'update macOS');
  }
}

/** One line for messages: `linux-x64, glibc 2.36, Node 20.20.2`. */
export function describePlatform(platform: Platform): string {
  const darwin = platform.darwin === undefined ? [] : [`Darwin ${platform.darwin}`];
  const libc =
    platform.libc === 'none' ? darwin : [platform.glibc === undefined ? platform.libc : `glibc ${platform.glibc}`];
  return [platform.triple, ...libc, `Node ${platform.node}`].join(', ');
}
