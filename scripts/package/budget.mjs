// How large the packages may be. docs/internals/packaging.md says where the numbers come from.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasLibdeflate } from './recompress.mjs';

const megabyte = 1e6;

/** In MB of 10⁶ bytes: of one installation, and of a single package. */
export const budget = {
  /** LibTorch's package on the disk. */
  libtorch: 370,
  /** Where the wheel's own libraries are larger: those of macOS are not stripped, which would end their signatures. */
  libtorchOf: { 'darwin-arm64': 430 },
  /** What `npm install node-libtorch` writes of ours beside LibTorch. */
  beside: 10,
  /** What it fetches of ours, compressed by libdeflate; npm's own gzip makes 3 MB more of it. */
  packed: 115,
  packedByNpm: 119,
  /** One tarball of any platform. */
  tarball: 180,
  /** @node-libtorch/core, which brings the platform's two packages as node-libtorch does. */
  core: 1,
  corePacked: 0.3,
};

/** Installed in the place of node-libtorch, and not beside it. */
const core = '@node-libtorch/core';
/** What the name of a LibTorch begins with; its platform follows. */
const libtorch = '@node-libtorch/libtorch-';

/**
 * @param packages of one installation: name, bytes of the tarball (`packed`) and of its files (`unpacked`)
 * @returns what is too large, one line each; empty if all fits
 */
export function overBudget(packages, limits = budget) {
  const installed = packages.filter(({ name }) => name !== core);
  const sum = (member) => installed.reduce((total, found) => total + found[member], 0);
  const libtorches = installed.filter(({ name }) => name.startsWith(libtorch));
  const limitOf = ({ name }) => {
    const triples = Object.keys(limits.libtorchOf);
    return limits.libtorchOf[triples.find((triple) => name.startsWith(libtorch + triple))] ?? limits.libtorch;
  };
  const rows = [
    ['The packages unpacked', sum('unpacked'), Math.max(limits.libtorch, ...libtorches.map(limitOf)) + limits.beside],
    ['The tarballs together', sum('packed'), limits.packed],
    ...packages.map(({ name, packed }) => [`The tarball of ${name}`, packed, limits.tarball]),
    ...libtorches.map((found) => [`${found.name} unpacked`, found.unpacked, limitOf(found)]),
    ...packages
      .filter(({ name }) => name === core)
      .flatMap(({ name, packed, unpacked }) => [
        [`The tarball of ${name}`, packed, limits.corePacked],
        [`${name} unpacked`, unpacked, limits.core],
      ]),
  ];
  return rows
    .filter(([, bytes, limit]) => bytes > limit * megabyte)
    .map(([what, bytes, limit]) => `${what}: ${(bytes / megabyte).toFixed(1)} MB, more than ${limit} MB`);
}

/** @throws listing what is too large */
export function requireBudget(packages) {
  const over = overBudget(packages, hasLibdeflate() ? budget : { ...budget, packed: budget.packedByNpm });
  if (over.length === 0) return;
  throw new Error(
    `The packages are larger than their budget:\n${over.map((line) => `  ${line}\n`).join('')}` +
      '  fix: see what grew (du -a out/npm | sort -n | tail), or raise scripts/package/budget.mjs and say why in docs/internals/packaging.md',
  );
}

/** Bytes of all files below a folder. */
export function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
