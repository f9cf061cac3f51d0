// What a package is made of, as CycloneDX 1.6 has it (https://cyclonedx.org/docs/1.6/json/).

import { source } from './context.mjs';

/** A bill of materials. No serial number and no time: the same inputs give the same package. */
export function bom(component, components) {
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components };
}

export const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** A package of npm's as a component. */
export const npmComponent = (name, version, license) => ({
  type: 'library',
  'bom-ref': `${name}@${version}`,
  name,
  version,
  purl: purl(name, version),
  licenses: licenses(license),
});

/** SPDX: one licence by its id, several as an expression. */
export const licenses = (license) =>
  license === undefined ? [] : /\s/.test(license) ? [{ expression: license }] : [{ license: { id: license } }];

/**
 * Of node-libtorch: what its `dependencies` bring, by the lock file. `npm sbom` leaves out what a tool needs as well.
 * @param copied components whose files are in the package itself
 */
export function npmBom(lock, copied) {
  const found = new Map();
  const visit = (name, from) => {
    const path = resolvePath(lock.packages, name, from);
    if (path === undefined || found.has(path)) return;
    const { version, license, integrity, dependencies = {}, optionalDependencies = {} } = lock.packages[path];
    const [algorithm, hash] = integrity.split('-');
    const hashes = [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(hash, 'base64').toString('hex') }];
    found.set(path, { ...npmComponent(name, version, license), hashes });
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, path);
  };
  for (const name of Object.keys(lock.packages[''].dependencies)) visit(name, '');
  const components = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component);
  return bom(npmComponent(source.name, source.version, source.license), [...components, ...copied]);
}

/** Where a package's import of `name` ends up: the nearest node_modules upwards. */
function resolvePath(packages, name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}
