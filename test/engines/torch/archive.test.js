import { readdirSync, readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { checkTorchScriptArchive } from '#dist/engines/torch/archive.js';
import { defaultArchiveLimits } from '#dist/model/zip-archive.js';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';
import { rawZip } from '../../support/raw-zip.js';
/** What a TorchScript file has at least: 97 bytes of entries. */
const core = [
    { name: 'm/data.pkl', body: Buffer.from('pickle') },
    { name: 'm/constants.pkl', body: Buffer.from('pickle') },
];
const MiB = 2 ** 20;
const zeros = deflateRawSync(Buffer.alloc(4 * MiB));
const check = (entries, end) => checkTorchScriptArchive(rawZip(entries, end));
describe('archive check', () => {
    it('passes what PyTorch writes', async () => {
        const folder = fixture('torchscript/');
        const refused = /^(state_dict|pickled_module|plain_zip|text|empty|truncated)\.pt$/;
        const files = readdirSync(folder).filter((name) => name.endsWith('.pt') && !refused.test(name));
        expect(files).to.have.length.above(30);
        for (const file of [...files.map((name) => folder + name), digitModel]) {
            await checkTorchScriptArchive(readFileSync(file));
        }
    });
    it('passes the smallest archive that could be one, with tensors and code', () => check([
        ...core,
        { name: 'm/data/0', body: Buffer.alloc(2 * MiB) },
        { name: 'm/code/a.py', body: deflateRawSync(Buffer.from('x')), method: 8, unpacked: 1 },
    ]));
    it('passes zip64 sizes that are true', () => check([...core, { name: 'm/data/0', zip64: [0n, 0n, 97n] }], { zip64Count: 3n }));
    const unsafe = [
        ['two entries of one name', /twice/, [...core, { name: 'm/data.pkl' }]],
        ['a name that climbs', /relative path/, [...core, { name: 'm/../../etc/passwd' }]],
        ['an absolute name', /absolute path/, [...core, { name: '/etc/passwd' }]],
        ['a drive letter', /absolute path/, [...core, { name: 'C:/autoexec.bat' }]],
        ['a backslash', /invalid characters/, [...core, { name: 'm\\..\\x' }]],
        ['a name of 256 bytes', /more than 255 bytes/, [...core, { name: 'é'.repeat(128) }]],
        ['a name of 65,535 bytes', /more than 255 bytes/, [...core, { name: 'm'.repeat(65_535) }]],
        ['a ratio bomb', /20 times/, [...core, { name: 'm/code/a.py', body: zeros, method: 8, unpacked: 4 * MiB }]],
        ['a compressed tensor', /compressed/, [...core, { name: 'm/data/0', body: zeros, method: 8, unpacked: 4 * MiB }]],
        ['a compressed constant', /compressed/, [...core, { name: 'm/constants/0', body: zeros, method: 8 }]],
        ['stored sizes that differ', /size/, [...core, { name: 'm/data/0', body: Buffer.alloc(1), unpacked: 2 ** 31 }]],
        [
            'code of more than 256 MiB in all',
            /code and pickles unpack/,
            [...core, ...many(20, (i) => ({ name: `m/code/${i}`, body: Buffer.alloc(MiB), method: 8, unpacked: 15 * MiB }))],
        ],
        [
            'one tensor under many names',
            /overlap/,
            [
                { name: 'm/data/0', body: Buffer.alloc(MiB) },
                ...core,
                ...many(50, (i) => ({ name: `m/data/${i + 1}`, packed: MiB, unpacked: MiB, offset: 0 })),
            ],
        ],
        ['entries that overlap by one byte', /overlap/, overlapping(1)],
        [
            'an entry beyond the end of the file',
            /beyond/,
            [...core, { name: 'm/data/0', packed: 9999, unpacked: 9999, offset: 97 }],
        ],
        ['a directory with fewer entries than counted', /central directory|end of file|EOF/i, core, { count: 9 }],
        ['10,001 entries', /10001 entries/, [...core, ...many(9_999, (i) => ({ name: `m/code/${i}` }))]],
        ['2^40 entries by zip64', /entries, more than/, core, { zip64Count: 2n ** 40n }],
        ['2^64 − 1 entries by zip64', /entries, more than/, core, { zip64Count: 2n ** 64n - 1n }],
        ['a zip64 size beyond the file', /beyond/, [...core, { name: 'm/data/0', zip64: [2n ** 62n, 2n ** 62n, 97n] }]],
        ['a zip64 offset beyond the file', /beyond/, [...core, { name: 'm/data/0', zip64: [0n, 0n, 2n ** 62n] }]],
        ['a zip64 field without its offset', /zip64/, [...core, { name: 'm/data/0', zip64: [0n, 0n] }]],
        ['an extra field that is cut off', /extra/, [...core, { name: 'm/data/0', extra: Buffer.from([1, 0, 99, 0]) }]],
        ['a directory offset beyond the file', /EOF|end of file/i, core, { directoryOffset: 2 ** 31 }],
        ['a zip64 directory offset beyond the file', /EOF|end of file/i, core, { zip64Count: 2n, zip64Offset: 2n ** 52n }],
    ];
    for (const [what, why, entries, end] of unsafe) {
        it(`refuses ${what}`, async () => {
            const error = await rejection(() => check(entries, end), 'ERR_UNSAFE_ARCHIVE');
            expect(error.message).to.match(why);
        });
    }
    it('shows no control character of a hostile name', async () => {
        const name = 'm/\u001b[2J\nlog line';
        const error = await rejection(() => check([...core, { name }, { name }]), 'ERR_UNSAFE_ARCHIVE');
        const climbing = await rejection(() => check([...core, { name: `../${name}` }]), 'ERR_UNSAFE_ARCHIVE');
        // eslint-disable-next-line no-control-regex
        for (const { message } of [error, climbing])
            expect(message).to.not.match(/[\u0000-\u001f]/);
    });
    const foreign = [
        ['nothing', /no zip archive/, Buffer.alloc(0)],
        ['a pickle of the time before zip', /pickle/, Buffer.from('\x80\x02\x8a\x0alFC', 'latin1')],
        ['a bare end record', /without a TorchScript/, rawZip([])],
        [
            'a zip64 locator that points nowhere',
            /cut off or damaged/,
            rawZip(core, { zip64Count: 2n, locatorTarget: 2n ** 63n }),
        ],
        [
            'a zip64 locator that points at something else',
            /cut off or damaged/,
            rawZip(core, { zip64Count: 2n, locatorTarget: 0n }),
        ],
        ['an end record inside a comment', /without a TorchScript/, rawZip(core, { comment: rawZip([]) })],
        ['a state_dict', /torch\.save/, rawZip([core[0]])],
        ['an AOTInductor package', /AOTInductor/, rawZip([{ name: 'p/data/aotinductor/model/x.so' }])],
        ['an exported program', /exported program/, rawZip([{ name: 'p/models/model.json' }])],
        ['the two records under different roots', /torch\.save/, rawZip([core[0], { name: 'n/constants.pkl' }])],
    ];
    for (const [what, why, bytes] of foreign) {
        it(`knows ${what} for what it is`, async () => {
            expect((await rejection(() => checkTorchScriptArchive(bytes), 'ERR_MODEL_FORMAT')).message).to.match(why);
        });
    }
    it('is never caught out by a random change of a real file (3,000 of them)', async () => {
        const good = readFileSync(fixture('torchscript/linear.pt'));
        let state = 7;
        const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
        const outcomes = new Set();
        for (let i = 0; i < 3000; ++i) {
            const copy = Buffer.from(good);
            for (let k = 0; k <= i % 3; ++k)
                copy[good.length - 1 - random(i % 2 ? 600 : good.length)] = random(256);
            const error = await checkTorchScriptArchive(copy).then(() => ({ code: 'passed' }), (reason) => reason);
            outcomes.add(error.code ?? 'no error of ours');
        }
        expect([...outcomes].sort()).to.deep.equal(['ERR_MODEL_FORMAT', 'ERR_UNSAFE_ARCHIVE', 'passed']);
    });
    it('takes no memory to speak of for what it refuses', async () => {
        const bombs = unsafe.map(([, , entries, end]) => rawZip(entries, end));
        const run = async () => {
            for (const bomb of bombs)
                await checkTorchScriptArchive(bomb).catch(() => undefined);
        };
        await run();
        const before = process.memoryUsage().rss;
        for (let i = 0; i < 5; ++i)
            await run();
        expect((process.memoryUsage().rss - before) / MiB, 'MiB').to.be.below(64);
    });
    it('has limits that can be set', async () => {
        const bytes = rawZip([...core, { name: 'm/code/a.py', body: Buffer.alloc(100) }]);
        await checkTorchScriptArchive(bytes);
        for (const limits of [{ entries: 2 }, { nameBytes: 10 }, { codeBytes: 111 }]) {
            const refuse = () => checkTorchScriptArchive(bytes, { ...defaultArchiveLimits, ...limits });
            await rejection(refuse, 'ERR_UNSAFE_ARCHIVE');
        }
    });
});
function many(count, entry) {
    return Array.from({ length: count }, (_, i) => entry(i));
}
/** Two tensors of 100 bytes, the second claiming to begin `bytes` before the first ends. */
function overlapping(bytes) {
    const first = { name: 'm/data/0', body: Buffer.alloc(200) };
    const begin = 0;
    const end = 30 + 100; // header and data, without the name: what any reader must step over
    return [
        { ...first, packed: 100, unpacked: 100 },
        { name: 'm/data/1', packed: 10, unpacked: 10, offset: begin + end - bytes },
        ...core,
    ];
}
