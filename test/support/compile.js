/** Compiles C++ of test/ with the compiler and the LibTorch that the addon was built with. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { libtorchForBuild } from '#dist/libtorch/build/for-build.js';
import { root } from './paths.js';
const compiler = process.env['CXX'] ?? 'c++';
/** A shared library of operators. About 15 s, once for each content of the file, compiler and LibTorch. */
export async function compileOperators(source, defines = []) {
    const { libDir, includeDir } = await libtorchForBuild();
    return compile([source], `lib${basename(source, '.cc')}.so`, [
        ...['-std=c++20', '-O1', '-fPIC', '-shared', '-fvisibility=hidden', '-D_GLIBCXX_USE_CXX11_ABI=1'],
        ...defines,
        ...['-isystem', includeDir, '-isystem', join(includeDir, 'torch/csrc/api/include')],
        ...['-Wl,--allow-shlib-undefined', `-L${libDir}`, '-ltorch_cpu', '-lc10'],
    ]);
}
/** A program over sources of native/engine that need no LibTorch. */
export function compileProgram(sources) {
    const flags = ['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread', `-I${join(root, 'native')}`];
    return compile(sources, basename(sources[0] ?? '', '.cc'), flags);
}
async function compile(sources, name, flags) {
    const hash = createHash('sha256')
        .update(execFileSync(compiler, ['--version']))
        .update(JSON.stringify(flags));
    for (const source of sources)
        hash.update(readFileSync(source));
    const built = join(root, 'build-test/native', hash.digest('hex').slice(0, 16), name);
    if (existsSync(built))
        return built;
    mkdirSync(dirname(built), { recursive: true });
    const partial = `${built}.${process.pid}`;
    const libraries = flags.filter((flag) => /^-(l|L|Wl)/.test(flag));
    const others = flags.filter((flag) => !libraries.includes(flag));
    await promisify(execFile)(compiler, [...others, ...sources, '-o', partial, ...libraries]);
    renameSync(partial, built);
    return built;
}
