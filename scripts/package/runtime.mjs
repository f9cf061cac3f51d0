// @node-libtorch/libtorch-<platform>-cpu: LibTorch's files as its wheels have them, on Linux without PyTorch's symbol tables.

import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freshFolder, platformManifest, source, write } from './context.mjs';
import { floorsOf } from './floors.mjs';
import { collectLicences } from './licences.mjs';
import { isStrippable, strip } from './strip.mjs';
import { termsOf } from './terms.mjs';
import { bom, licenses, npmComponent } from './npm-bom.mjs';

/** @returns its name, folder, and the C and C++ library that its files need */
export async function stageRuntime(platform, options) {
  const [{ libtorchPackage }, { provision }, { pinsFor }, { readManifest }, { digestFile }] = await Promise.all([
    import('#dist/libtorch/find/locate.js'),
    import('#dist/libtorch/fetch/provision.js'),
    import('#dist/libtorch/fetch/pins.js'),
    import('#dist/libtorch/find/cache.js'),
    import('#dist/files/hash.js'),
  ]);
  const name = libtorchPackage(platform);
  const pin = pinsFor(platform.triple);
  const { set } = await provision({ triple: platform.triple, licences: true, ...options });
  const { headers: _, ...fetched } = readManifest(set);
  await checkBytes(set, fetched.files);

  const folder = freshFolder(name);
  const files = Object.keys(fetched.files);
  for (const file of files) place(join(set, file), join(folder, file));
  const manifest = { ...fetched, files: { ...fetched.files } };
  for (const file of platform.os === 'linux' ? files.filter(isStrippable) : []) {
    options.report?.step(`Stripping ${file}`);
    rmSync(join(folder, file)); // a link to the cache's file
    strip(join(set, file), join(folder, file));
    manifest.files[file] = await digestFile(join(folder, file));
    manifest.stripped = { ...manifest.stripped, [file]: fetched.files[file] };
  }
  write(folder, 'libtorch.json', manifest);
  const licences = collectLicences(join(folder, 'licenses'), set, pin, platform);
  write(folder, 'package.json', {
    ...platformManifest(
      name,
      `LibTorch ${manifest.version} for the CPU, for node-libtorch on ${platform.triple}`,
      platform,
    ),
    license: 'SEE LICENSE IN LICENSE.md',
  });
  write(folder, 'LICENSE.md', notice(manifest, pin, licences));
  write(folder, 'README.md', readme(name, manifest));
  write(folder, 'sbom.cdx.json', runtimeBom(name, manifest, pin, licences));
  const floors = platform.os === 'linux' ? await floorsOf(files.map((file) => join(folder, file))) : {};
  return { name, folder, floors };
}

/** What is published is what the pins brought, whatever became of the cache since. */
async function checkBytes(set, files) {
  const { requirePinned } = await import('#dist/files/hash.js');
  const fix = `delete ${set}, so that it is fetched again`;
  for (const [name, { sha256 }] of Object.entries(files)) await requirePinned(join(set, name), { name, sha256, fix });
}

/** Half a gigabyte is not copied where a link will do. */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

const wheelOf = (pin, file) => pin.wheels.find((wheel) => wheel.files.some(({ to }) => to === file));

function notice(manifest, pin, licences) {
  const lines = Object.keys(manifest.files).map((file) => {
    const { project, version } = wheelOf(pin, file);
    const change = manifest.stripped?.[file] ? ', stripped of its symbol tables' : '';
    return `- \`${file}\`: from ${project} ${version}${change}, ${termsOf(file)}.`;
  });
  const intel = licences.some((name) => name.startsWith('oneMKL/'))
    ? '\nIntel oneMKL is linked into `libtorch_cpu`, under the Intel Simplified Software License.\n'
    : '';
  return (
    `# Licences\n\nThe files below are those of the wheels they came from, byte for byte unless the line says otherwise:\n\n${lines.join('\n')}\n${intel}\n` +
    'What else is linked into them has its licence below `licenses/torch/third_party`. The texts:\n\n' +
    `${licences.map((name) => `- \`licenses/${name}\``).join('\n')}\n`
  );
}

const readme = (name, { version, platform }) => `# ${name}

LibTorch ${version} for the CPU (${platform}): what node-libtorch computes with, and installs by itself where it fits. It is
made of PyTorch's wheel and holds the few libraries that a CPU needs. \`libtorch.json\` has the sha256 of each, and of the wheel's file
where PyTorch's symbol tables were removed; code and data are the same. \`LICENSE.md\` has their licences, \`sbom.cdx.json\` what
is inside.
`;

function runtimeBom(name, manifest, pin, licences) {
  const files = Object.entries(manifest.files).map(([file, { sha256 }]) => ({
    type: 'file',
    'bom-ref': file,
    name: file,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    ...(manifest.stripped?.[file] && {
      pedigree: { notes: `strip --strip-unneeded of the wheel's file, sha256 ${manifest.stripped[file].sha256}` },
    }),
  }));
  const wheels = pin.wheels.map(({ project, version, file, sha256 }) => ({
    type: 'library',
    'bom-ref': `${project}@${version}`,
    name: project,
    version,
    purl: `pkg:pypi/${project}@${version}?file_name=${file}`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses:
      project === 'torch' ? licenses('BSD-3-Clause') : [{ license: { name: 'NVIDIA Software License Agreement' } }],
  }));
  // Whose versions only PyTorch's own sources know: the submodules of its release.
  const linked = [...new Set(licences.map((file) => /^torch\/third_party\/([^/]+)\//.exec(file)?.[1]))]
    .filter((third) => third !== undefined)
    .map((third) => ({
      type: 'library',
      'bom-ref': `torch/third_party/${third}`,
      name: third,
      group: 'torch/third_party',
    }));
  const more = [
    { match: 'libgomp/', name: 'libgomp', license: 'GPL-3.0-only WITH GCC-exception-3.1' },
    { match: 'oneMKL/', name: 'oneMKL', license: undefined },
  ]
    .filter(({ match }) => licences.some((file) => file.startsWith(match)))
    .map(({ name: library, license }) => ({
      type: 'library',
      'bom-ref': library,
      name: library,
      licenses: license ? [{ expression: license }] : [{ license: { name: 'Intel Simplified Software License' } }],
    }));
  return bom(npmComponent(name, source.version), [...files, ...wheels, ...linked, ...more]);
}
