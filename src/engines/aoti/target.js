/** Whether this machine can run the code of a package: kind of machine, operating system, instruction set. */
import { readFileSync } from 'node:fs';
import { torchError } from '../../errors.js';
/** By the names that PyTorch gives instruction sets: what /proc/cpuinfo must show. */
const needs = {
    INVALID_VEC_ISA: [], // no vector code of PyTorch's own
    AVX2: ['avx2', 'fma', 'f16c'],
    AVX512: ['avx512f', 'avx512dq', 'avx512vl', 'avx512bw', 'fma'],
    AVX512_VNNI: ['avx512_vnni'],
    AMX_TILE: ['amx_tile', 'amx_bf16', 'amx_int8'],
    ASIMD: ['asimd'],
    NEON: ['asimd'],
    SVE: ['sve'],
};
/** node's names for the machines that uname and ELF headers name. */
const machines = {
    x86_64: { arch: 'x64', elf: 62 },
    amd64: { arch: 'x64', elf: 62 },
    aarch64: { arch: 'arm64', elf: 183 },
    arm64: { arch: 'arm64', elf: 183 },
};
let known;
function thisMachine() {
    return (known ??= { platform: process.platform, arch: process.arch, flags: cpuFlags() });
}
function cpuFlags() {
    try {
        const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
        return line === undefined ? undefined : new Set(line.trim().split(/\s+/));
    }
    catch {
        return undefined;
    }
}
/** @throws ERR_MODEL_FORMAT for metadata that says nothing */
export function targetOf(metadata) {
    const device = metadata.AOTI_DEVICE_KEY;
    if (!device)
        throw torchError('ERR_MODEL_FORMAT', 'Expected AOTI_DEVICE_KEY in the metadata of the package');
    const [platform, machine] = [metadata.AOTI_PLATFORM, metadata.AOTI_MACHINE];
    return { device, platform, machine, isa: metadata.AOTI_CPU_ISA ?? '' };
}
/** @throws ERR_PLATFORM_UNSUPPORTED with what is needed and what is there: running it would end the process with SIGILL */
export function checkTarget(target, machine = thisMachine()) {
    const { platform, machine: wanted } = target;
    if (platform && platform !== machine.platform)
        throw refusal(platform, machine.platform);
    if (wanted && machines[wanted.toLowerCase()]?.arch !== machine.arch)
        throw refusal(wanted, machine.arch);
    const { flags } = machine;
    if (!flags)
        return;
    const sets = target.isa.split(/\s+/).filter(Boolean);
    const missing = sets.flatMap((name) => (needs[name] ?? []).filter((flag) => !flags.has(flag)));
    if (missing.length > 0)
        throw refusal(`a CPU with ${target.isa}`, `one without ${missing.join(', ')}`);
    const unknown = sets.find((name) => !needs[name] && !flags.has(name.toLowerCase()));
    if (unknown !== undefined)
        throw refusal(`a CPU with ${unknown}`, 'one that is not known to have it');
}
/** @throws ERR_MODEL_FORMAT for what is no whole shared library, ERR_PLATFORM_UNSUPPORTED for one of another machine */
export function checkLibrary(head, size, machine = thisMachine()) {
    if (machine.platform !== 'linux')
        return;
    if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46)
        throw noLibrary('no ELF file');
    if (head[4] !== 2 || head[5] !== 1)
        throw refusal('another word size or byte order', `${machine.arch}'s`);
    const [type, code] = [head.readUInt16LE(16), head.readUInt16LE(18)];
    if (type !== 3)
        throw noLibrary('an ELF file of another type');
    const known = Object.values(machines).find(({ elf }) => elf === code);
    if (known?.arch !== machine.arch)
        throw refusal(known?.arch ?? `ELF machine ${code}`, machine.arch);
    // As elf.ts: opening a truncated library ends the process with SIGBUS.
    const end = Number(head.readBigUInt64LE(40)) + head.readUInt16LE(58) * head.readUInt16LE(60);
    if (size < end)
        throw noLibrary('a truncated one');
}
function noLibrary(what) {
    return torchError('ERR_MODEL_FORMAT', `Expected a shared library in the package but received ${what}`);
}
function refusal(wanted, there) {
    return torchError('ERR_PLATFORM_UNSUPPORTED', `The package's code is compiled for ${wanted}, but this machine is ${there}; export it on a machine like this one, or for fewer ` +
        'instructions (docs/aotinductor.md)');
}
