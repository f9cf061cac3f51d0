/** Checks the tools that a build needs before it starts: one error names all that are missing. */

import { spawnSync } from 'node:child_process';
import { torchError } from '../../errors.js';
import { compareDotted } from '../version.js';

interface Tool {
  readonly what: string;
  /** Any of these will do. */
  readonly commands: readonly string[];
  readonly minimum?: string;
}

const cmake: Tool = { what: 'CMake 3.22 or newer', commands: ['cmake'], minimum: '3.22' };
const make: Tool = { what: 'ninja or make', commands: ['ninja', 'make'] };
const fixes =
  '  fix: apt-get install -y g++ cmake ninja-build (Debian, Ubuntu), dnf install -y gcc-c++ cmake ninja-build (Fedora, RHEL),\n' +
  '       xcode-select --install && brew install cmake ninja (macOS),\n' +
  '       or Visual Studio 2022 with C++ and winget install Kitware.CMake (Windows)';

/** @throws ERR_BUILD unless a C++ compiler, CMake, and ninja or make can be run; on Windows CMake alone finds the other two */
export function checkToolchain(env: NodeJS.ProcessEnv = process.env, os: NodeJS.Platform = process.platform): void {
  const compiler: Tool = { what: 'a C++20 compiler', commands: env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++'] };
  const tools = os === 'win32' ? [cmake] : [compiler, cmake, make];
  const lines = tools.map((tool) => look(tool, env));
  if (lines.every(({ ok }) => ok)) return;
  throw torchError(
    'ERR_BUILD',
    `The native addon cannot be built, tools are missing:\n${lines.map(({ line }) => `  ${line}\n`).join('')}${fixes}`,
  );
}

function look(tool: Tool, env: NodeJS.ProcessEnv): { ok: boolean; line: string } {
  for (const command of tool.commands) {
    // CXX may hold arguments or a launcher ("ccache g++"), as make and CMake allow.
    const [program, ...args] = command.split(' ').filter((part) => part !== '');
    const result = spawnSync(program ?? command, [...args, '--version'], { env, encoding: 'utf8' });
    if (result.status !== 0) continue;
    const first = result.stdout.split('\n')[0]?.trim() ?? '';
    const version = /\d+(\.\d+)+/.exec(first)?.[0] ?? '0';
    const ok = tool.minimum === undefined || compareDotted(version, tool.minimum) >= 0;
    return { ok, line: `${ok ? 'found  ' : 'too old'} ${tool.what}: ${first}` };
  }
  return { ok: false, line: `missing ${tool.what}: looked for ${tool.commands.join(', ')} on PATH` };
}
