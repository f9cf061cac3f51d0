// The programs that making the packages takes: one error at the start names all that are missing, and how to get them.

import { spawnSync } from 'node:child_process';

const onLinux = (packages) =>
  `apt-get install -y ${packages} (Debian, Ubuntu), dnf install -y ${packages} (Fedora, RHEL)`;
const pythons = [
  ['python3', '-m', 'pip', '--version'],
  ['python', '-m', 'pip', '--version'],
];

/**
 * Any of the commands will do, if it ends with 0. Of a compiler it takes more than its version: it is given an empty C++20 source.
 * @param env CXX names the compiler, as CMake has it
 */
export function needs({ os = process.platform, env = process.env } = {}) {
  const compilers = env.CXX ? [env.CXX.split(' ').filter(Boolean)] : [['c++'], ['g++'], ['clang++']];
  const compiler =
    os === 'win32'
      ? // MSVC is on no PATH: CMake finds it.
        []
      : [
          {
            what: 'a C++20 compiler',
            commands: compilers.map((command) => [...command, '-std=c++20', '-fsyntax-only', '-x', 'c++', '-']),
            fix:
              os === 'darwin'
                ? 'xcode-select --install'
                : 'apt-get install -y g++ (Debian, Ubuntu), dnf install -y gcc-c++ (Fedora, RHEL)',
          },
        ];
  const binutils = ['objdump', 'strip'].map((name) => ({
    what: name,
    commands: [[name, '--version']],
    fix: onLinux('binutils'),
  }));
  const get = { linux: onLinux, darwin: (name) => `brew install ${name}`, win32: (name) => `winget install ${name}` }[
    os
  ];
  return [
    ...compiler,
    { what: 'CMake', commands: [['cmake', '--version']], fix: get(os === 'win32' ? 'Kitware.CMake' : 'cmake') },
    ...(env.NODE_LIBTORCH_MIRROR
      ? []
      : [
          {
            what: 'a Python with pip, which fetches LibTorch',
            commands: pythons,
            fix: `${get(os === 'linux' ? 'python3-pip' : os === 'darwin' ? 'python' : 'Python.Python.3.12')}, or set NODE_LIBTORCH_MIRROR`,
          },
        ]),
    ...(os === 'linux' ? binutils : []),
  ];
}

/** @throws naming everything that is missing, each with its remedy */
export function requireNeeds(options = {}) {
  const { env = process.env } = options;
  const missing = needs(options).filter(({ commands }) => !commands.some((command) => works(command, env)));
  if (missing.length === 0) return;
  const lines = missing.map(
    ({ what, commands, fix }) => `  ${what}: tried ${commands.map(([program]) => program).join(', ')}\n    fix: ${fix}`,
  );
  throw new Error(
    `Expected these programs for making the packages, but they are missing or do not work:\n${lines.join('\n')}`,
  );
}

function works([program, ...args], env) {
  return spawnSync(program, args, { env, input: '', stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}
