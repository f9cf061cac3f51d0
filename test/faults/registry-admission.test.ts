/** Models that harm whoever loads them, and files that are none (rows C2, C6–C9, C11, C12, G8): added to a registry. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { Tensor, type AddOptions } from 'node-libtorch';
import { scrubbedEnvironment } from '#dist/registry/admission/environment.js';
import { rejection } from '../support/errors.js';
import { packageThatRuns } from '../support/native-package.js';
import { digitModel, fixture, onnx, root } from '../support/paths.js';
import { rawZip, type RawEntry } from '../support/raw-zip.js';
import { entriesIn, entriesOf } from '../support/repack.js';
import { leftOver, temporaryRegistry } from '../support/temporary-registry.js';
import { zip } from '../support/zip.js';

/** Process ids of this process's children. */
const children = (): string[] =>
  readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );

describe('faults: what is added to a registry', function () {
  this.timeout(120_000);
  const current = temporaryRegistry();
  const add = (file: string, options: Partial<AddOptions> = {}) =>
    current().registry.add(file, { name: 'model', version: 'v1.0', ...options });
  const place = (name: string, bytes: Buffer | string): string => {
    const path = join(current().folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  afterEach(() => {
    expect(leftOver(), 'nothing is left over').to.deep.equal([]);
  });

  /**
   * What the rejection says of a model that holds its process. The limit counts from the start of that process, and how long it takes
   * to begin is this machine's matter: a limit that came before that is tried again, longer.
   */
  const rejectedByTime = async (path: string, options: Partial<AddOptions>, hasBegun: (message: string) => boolean) => {
    for (const timeoutMs of [3000, 12_000, 48_000]) {
      const { message } = await rejection(() => add(path, { ...options, admission: { timeoutMs } }), 'ERR_ADMISSION');
      expect(message).to.match(new RegExp(`not done within ${timeoutMs} ms.*timeoutMs`));
      if (hasBegun(message)) return message;
    }
    return expect.fail('no limit came after the model had begun');
  };

  describe('models that end or hold their process', () => {
    const endings: [string, string, RegExp][] = [
      ['a null pointer', 'volatile int *p = 0; *p = 1;', /SIGSEGV \(an invalid access to memory\); do not serve it/],
      ['an abort', 'abort();', /SIGABRT/],
      ['a division by zero', 'raise(SIGFPE);', /SIGFPE \(a division of integers by 0\)/],
      ['an illegal instruction', 'raise(SIGILL);', /SIGILL.*export it on a machine like this one/],
      ['an exit', '_exit(3);', /exit code 3/],
      [
        'a large file',
        'struct rlimit l; getrlimit(RLIMIT_FSIZE, &l); int f = open("x", O_CREAT | O_RDWR, 0600); if (ftruncate(f, l.rlim_cur + 1)) _exit(9); _exit(8);',
        /SIGXFSZ|exit code 9/,
      ],
      ['a core', 'struct rlimit l; getrlimit(RLIMIT_CORE, &l); _exit(l.rlim_max == 0 ? 40 : 41);', /exit code 40/],
    ];
    for (const [what, statements, said] of endings) {
      it(`survives a model that ends its process: ${what}`, async () => {
        const before = children();
        const path = await packageThatRuns(current().folder, statements);
        const { message, status } = await rejection(() => add(path), 'ERR_ADMISSION');
        expect(message)
          .to.match(said)
          .and.to.match(/while it was loaded/);
        expect(status).to.equal(422);
        expect(current().content()).to.deep.equal([]);
        expect(children()).to.deep.equal(before);
      });
    }

    it('ends a model that takes too long, and everything that it has started', async () => {
      const pids = join(current().folder, 'pids');
      const statements = `int child = fork(); if (child == 0) { for (;;) pause(); }
      FILE *f = fopen("${pids}.part", "w"); fprintf(f, "%d %d", getpid(), child); fclose(f); rename("${pids}.part", "${pids}"); for (;;) pause();`;
      const path = await packageThatRuns(current().folder, statements);
      await rejectedByTime(path, {}, () => existsSync(pids));
      for (const pid of readFileSync(pids, 'utf8').split(' ').map(Number)) {
        for (let i = 0; i < 100 && isAlive(pid); ++i) await setTimeout(50);
        const lives = isAlive(pid);
        if (lives) process.kill(pid, 'SIGKILL');
        expect(lives, `${pid}`).to.equal(false);
      }
      expect(current().content()).to.deep.equal([]);
    });

    for (const [how, statement] of [
      ['exits', '_exit(3);'],
      ['crashes', 'volatile int *p = 0; *p = 1;'],
    ] as const) {
      it(`ends what a model has started that ${how} by itself`, async () => {
        const pids = join(current().folder, 'pids');
        const statements = `int child = fork(); if (child == 0) { for (;;) pause(); }
        FILE *f = fopen("${pids}", "w"); fprintf(f, "%d", child); fclose(f); ${statement}`;
        await rejection(() => packageThatRuns(current().folder, statements).then((path) => add(path)), 'ERR_ADMISSION');
        const pid = Number(readFileSync(pids, 'utf8'));
        for (let i = 0; i < 100 && isAlive(pid); ++i) await setTimeout(50);
        const lives = isAlive(pid);
        if (lives) process.kill(pid, 'SIGKILL');
        expect(lives).to.equal(false);
      });
    }

    it('may compute for as long as there is time, on all processors, and no longer', async () => {
      const statements =
        'struct rlimit l; getrlimit(RLIMIT_CPU, &l); fprintf(stderr, "seconds %lu", l.rlim_max); fflush(stderr); _exit(5);';
      const path = await packageThatRuns(current().folder, statements);
      const { message } = await rejection(() => add(path, { admission: { timeoutMs: 60_000 } }), 'ERR_ADMISSION');
      const seconds = Number(/seconds (\d+)/.exec(message)?.[1]);
      expect(seconds).to.be.within(60, 70 * cpus().length);
    });

    it('fails by a listener to its progress that throws, and leaves nothing', async () => {
      const before = children();
      const wrong = new Error('of the listener');
      for (const at of ['copy', 'load', 'run', 'record'] as const) {
        const onProgress: AddOptions['onProgress'] = ({ stage }) => {
          if (stage === at) throw wrong;
        };
        const error = await add(digitModel, {
          onProgress,
          signature: { inputs: [{ dtype: 'float32', shape: [null, 784], range: [0, 1] }] },
        }).catch((reason: unknown) => reason);
        expect(error, at).to.equal(wrong);
        expect(current().content(), at).to.deep.equal([]);
        expect(children(), at).to.deep.equal(before);
      }
    });

    it('ends a model that never comes back from a run', async () => {
      const path = fixture('faults/stuck/models/stuck/v1.0/stuck.pt');
      const example = new Tensor('float32', Float32Array.of(0, 12_345), [1, 2]);
      await rejectedByTime(path, { example }, (message) => /while it ran it was not done within \d+ ms/.test(message));
      expect(current().content()).to.deep.equal([]);
    });

    it('ends a model that takes too much memory', async () => {
      const statements = 'for (;;) { char *p = malloc(1 << 22); memset(p, 1, 1 << 22); usleep(500); }';
      const path = await packageThatRuns(current().folder, statements);
      const admission = { memoryBytes: 600 * 2 ** 20 };
      const { message } = await rejection(() => add(path, { admission }), 'ERR_ADMISSION');
      expect(message).to.match(/more than 600 MiB of memory.*memoryBytes/);
    });

    it('ends at an abort, with its reason', async () => {
      const path = await packageThatRuns(current().folder, 'for (;;) pause();');
      const stop = new AbortController();
      const before = children();
      const onProgress: AddOptions['onProgress'] = ({ stage }) => {
        if (stage === 'load') stop.abort(new Error('enough'));
      };
      const error = await add(path, { signal: stop.signal, onProgress }).catch((reason: unknown) => reason);
      expect((error as Error).message).to.equal('enough');
      expect(children()).to.deep.equal(before);
      expect(current().content()).to.deep.equal([]);
    });

    const holds = {
      'its own threads wait': '',
      // The handler of a signal runs on the thread that has JavaScript, and does not come back.
      'the thread of JavaScript waits': 'signal(SIGUSR2, hold); syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2);',
    };
    for (const [what, statement] of Object.entries(holds)) {
      it(`ends, and what it has started, with the process that asked for it, while ${what}`, async () => {
        const pids = join(current().folder, 'pids');
        const statements = `int child = fork(); if (child == 0) { for (;;) pause(); }
        ${statement}
        FILE *f = fopen("${pids}.part", "w"); fprintf(f, "%d %d", getpid(), child); fclose(f); rename("${pids}.part", "${pids}"); for (;;) pause();`;
        const hold = '#include <sys/syscall.h>\nstatic void hold(int s) { for (;;) pause(); }';
        const path = await packageThatRuns(current().folder, statements, hold);
        const script = `
        import { ModelRegistry } from ${JSON.stringify(`${root}dist/index.js`)};
        const registry = await ModelRegistry.open(${JSON.stringify({ registryDir: current().registryDir, modelsDir: current().modelsDir })});
        await registry.add(${JSON.stringify(path)}, { name: 'model', version: 'v1.0' });`;
        const program = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
        const exited = once(program, 'exit');
        for (let i = 0; i < 300 && !existsSync(pids); ++i) await setTimeout(100);
        const opened = readFileSync(pids, 'utf8').split(' ').map(Number);
        program.kill('SIGKILL');
        await exited;
        for (let i = 0; i < 100 && opened.some(isAlive); ++i) await setTimeout(100);
        const alive = opened.filter(isAlive);
        for (const pid of alive) process.kill(pid, 'SIGKILL');
        expect(alive).to.deep.equal([]);
        expect(leftOver(program.pid)).to.deep.equal([]);
      });
    }

    it('shows no secret of the environment, no file of ours, and an empty folder', async () => {
      process.env['SOME_TOKEN'] = 'hunter2';
      try {
        const statements = `
        char cwd[4096]; getcwd(cwd, sizeof cwd); int files = 0; struct dirent *e; DIR *d = opendir(".");
        while ((e = readdir(d))) if (e->d_name[0] != '.') files++;
        fprintf(stderr, "token %s files %d cwd %s", getenv("SOME_TOKEN") ? getenv("SOME_TOKEN") : "none", files, cwd); fflush(stderr); _exit(5);`;
        const path = await packageThatRuns(current().folder, statements);
        const { message } = await rejection(() => add(path), 'ERR_ADMISSION');
        expect(message).to.match(/token none files 0 cwd .*node-libtorch-admission-.*\/empty/);
        expect(message).to.not.include('hunter2');
      } finally {
        delete process.env['SOME_TOKEN'];
      }
      const env = scrubbedEnvironment('/tmp/x', {
        PATH: '/bin',
        AWS_SECRET_ACCESS_KEY: 'x',
        NODE_OPTIONS: '--inspect',
      });
      expect(Object.keys(env).sort()).to.deep.equal(['NODE_LIBTORCH_TMPDIR', 'PATH', 'TEMP', 'TMP', 'TMPDIR']);
    });

    it('shows what a process wrote, with nothing that moves a cursor or ends a line', async () => {
      const statements = 'fprintf(stdout, "\\033[2Jone\\ntwo\\r"); fflush(stdout); _exit(5);';
      const path = await packageThatRuns(current().folder, statements);
      const { message } = await rejection(() => add(path), 'ERR_ADMISSION');
      expect(message).to.include('it wrote: \\u001b[2Jone\\ntwo');
    });
  });

  /** Refused with a code; nothing is in the registry afterwards, and nothing outside of it. */
  const refuses = async (
    path: string,
    code: string,
    said: RegExp,
    options: Partial<AddOptions> = {},
  ): Promise<void> => {
    const outside = readdirSync(current().folder).sort();
    const rss = process.memoryUsage.rss();
    const { message, status } = await rejection(() => add(path, options), code);
    expect(message).to.match(said);
    expect(status).to.be.oneOf([409, 422]);
    expect(current().content()).to.deep.equal([]);
    expect(readdirSync(current().folder).sort()).to.deep.equal(outside);
    expect((process.memoryUsage.rss() - rss) / 2 ** 20).to.be.below(64);
  };

  describe('C2: files that are cut off, empty, or no files', () => {
    const cut: [string, () => string, string][] = [
      ['TorchScript', () => digitModel, '.pt'],
      ['ONNX', () => onnx('linear'), '.onnx'],
      ['a package', () => fixture('aoti/mlp.pt2'), '.pt2'],
    ];
    for (const [what, of, extension] of cut) {
      for (const share of [0.01, 0.1, 0.5, 0.9, 0.99]) {
        it(`${what} cut to ${share * 100} %`, async () => {
          const bytes = readFileSync(of());
          const path = place(`cut${extension}`, bytes.subarray(0, Math.ceil(bytes.length * share)));
          await refuses(path, 'ERR_MODEL_FORMAT', /cut off|damaged|no zip|no ONNX|known kind/);
        });
      }
    }

    it('an empty one, a folder, a FIFO, a device, a socket’s name, none', async () => {
      await refuses(place('empty.pt', ''), 'ERR_MODEL_FORMAT', /empty/);
      mkdirSync(join(current().folder, 'folder.pt'));
      await refuses(join(current().folder, 'folder.pt'), 'ERR_MODEL_LOAD', /is a folder; give the file inside/);
      execFileSync('mkfifo', [join(current().folder, 'fifo.pt')]);
      await refuses(join(current().folder, 'fifo.pt'), 'ERR_MODEL_LOAD', /regular file/);
      await refuses('/dev/zero', 'ERR_MODEL_LOAD', /regular file/);
      await refuses(join(current().folder, 'none.pt'), 'ERR_MODEL_LOAD', /No such file/);
    });
  });

  describe('C6, C7: archives that end a loader or fill its memory', () => {
    const torchScript = async (change: (name: string, data: Buffer) => RawEntry, more: RawEntry[] = []) =>
      rawZip([
        ...(await entriesIn(fixture('torchscript/linear.pt'))).map(({ name, data }) => change(name, data)),
        ...more,
      ]);
    const stored = (name: string, body: Buffer): RawEntry => ({ name, body });
    const zeros = deflateRawSync(Buffer.alloc(64 * 2 ** 20));

    it('20,000 parentheses', async () => {
      const deep = `    y = ${'('.repeat(20_000)}1${')'.repeat(20_000)}\n    return`;
      const bytes = await torchScript((name, data) =>
        stored(name, name.endsWith('.py') ? Buffer.from(data.toString().replace('    return', deep)) : data),
      );
      await refuses(place('deep.pt', bytes), 'ERR_UNSAFE_ARCHIVE', /nests deeper/);
    });

    const bombs: [string, RegExp, RawEntry[]][] = [
      [
        'code that unpacks to 64 MiB',
        /20 times/,
        [{ name: 'linear/code/a.py', body: zeros, method: 8, unpacked: 64 * 2 ** 20 }],
      ],
      [
        'a tensor that is compressed',
        /compressed/,
        [{ name: 'linear/data/9', body: zeros, method: 8, unpacked: 64 * 2 ** 20 }],
      ],
      ['10,001 entries', /10,?000/, Array.from({ length: 10_001 }, (_, i) => ({ name: `linear/code/${i}.py` }))],
      [
        'zip64 sizes that lie',
        /20 times|beyond|overlaps/,
        [{ name: 'linear/data/9', body: Buffer.alloc(8), zip64: [2n ** 40n, 2n ** 40n, 0n] }],
      ],
    ];
    for (const [what, said, more] of bombs) {
      it(what, async () => {
        await refuses(place('bomb.pt', await torchScript(stored, more)), 'ERR_UNSAFE_ARCHIVE', said);
      });
    }

    it('entries that share their bytes', async () => {
      const entries = (await entriesIn(fixture('torchscript/linear.pt'))).map(({ name, data }) => stored(name, data));
      const shared = Array.from({ length: 50 }, (_, i) => ({
        ...entries[0]!,
        name: `linear/data/${90 + i}`,
        offset: 0,
      }));
      await refuses(place('overlap.pt', rawZip([...entries, ...shared])), 'ERR_UNSAFE_ARCHIVE', /overlaps/);
    });
  });

  describe('C8, C9: packages that run a compiler, or write elsewhere', () => {
    const packed = async (
      change: (
        entries: { name: string; data: Buffer; mode?: number }[],
      ) => { name: string; data: Buffer; mode?: number }[],
    ) => place('changed.pt2', zip(change(await entriesOf('mlp'))));

    it('a package without its library', async () => {
      const marker = join(current().folder, 'marker');
      const path = await packed((entries) =>
        entries
          .filter(({ name }) => !name.endsWith('.so'))
          .map((entry) =>
            entry.name.endsWith('.json')
              ? {
                  ...entry,
                  data: Buffer.from(
                    JSON.stringify({ ...JSON.parse(entry.data.toString()), AOTI_DEVICE_KEY: `cpu; touch ${marker}` }),
                  ),
                }
              : entry,
          ),
      );
      await refuses(path, 'ERR_MODEL_FORMAT', /without its compiled library/);
    });

    const library = 'mlp/data/aotinductor/model';
    const slips: [string, { name: string; data: Buffer; mode?: number }][] = [
      ['a name that climbs', { name: `${library}/../../../../../slipped`, data: Buffer.from('x') }],
      ['an absolute name', { name: '/tmp/node-libtorch-slipped', data: Buffer.from('x') }],
      ['a backslash', { name: `${library}\\..\\slipped`, data: Buffer.from('x') }],
      ['a NUL', { name: `${library}/a\0b`, data: Buffer.from('x') }],
      ['a link', { name: `${library}/link`, data: Buffer.from('/etc/passwd'), mode: 0o120777 }],
    ];
    for (const [what, entry] of slips) {
      it(`a package with ${what}`, async () => {
        await refuses(await packed((entries) => [...entries, entry]), 'ERR_UNSAFE_ARCHIVE', /Expected an archive/);
      });
    }

    it('a package with a name twice', async () => {
      await refuses(await packed((entries) => [...entries, entries[0]!]), 'ERR_UNSAFE_ARCHIVE', /twice/);
    });
  });

  describe('C11: what is no model', () => {
    const header = (text: string): Buffer => {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      return Buffer.concat([length, Buffer.from(text), Buffer.alloc(4)]);
    };
    const archive = (name: string): Buffer => zip([{ name, data: 'x' }]);
    const strangers: [string, string, () => Buffer | string, RegExp][] = [
      [
        'a state_dict',
        'a.pt',
        () => readFileSync(fixture('torchscript/state_dict.pt')),
        /holds tensors alone.*torch\.export\.save.*torch\.jit\.script/,
      ],
      [
        'a pickled module',
        'a.pth',
        () => readFileSync(fixture('torchscript/pickled_module.pt')),
        /whole Python object.*torch\.export\.save.*torch\.jit\.script/,
      ],
      ['a plain zip', 'a.pt', () => readFileSync(fixture('torchscript/plain_zip.pt')), /zip archive/],
      ['an ONNX model called .pt', 'a.pt', () => readFileSync(onnx('linear')), /ONNX model.*\.onnx/],
      ['a TorchScript file called .onnx', 'a.onnx', () => readFileSync(digitModel), /TorchScript file.*\.pt/],
      ['a package called .pt', 'a.pt', () => readFileSync(fixture('aoti/mlp.pt2')), /AOTInductor package.*\.pt2/],
      [
        'a Git LFS pointer',
        'a.onnx',
        () => 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
        /Git LFS pointer.*git lfs pull/,
      ],
      [
        'safetensors',
        'a.safetensors',
        () => header('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'),
        /safetensors.*weights.*export/,
      ],
      ['GGUF', 'a.gguf', () => Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60)]), /GGUF/],
      [
        'a mobile flatbuffer',
        'a.ptl',
        () => Buffer.concat([Buffer.from([16, 0, 0, 0]), Buffer.from('PTMF'), Buffer.alloc(64)]),
        /mobile file.*_use_flatbuffer=False/,
      ],
      ['an HTML page', 'a.onnx', () => '<!DOCTYPE html><html></html>', /HTML page.*download/],
      ['a TorchServe archive', 'a.mar', () => archive('MAR-INF/MANIFEST.json'), /TorchServe archive.*unzip/],
      ['an old exported program', 'a.pt2', () => archive('m/models/model.json'), /2\.8 or older.*torch\.export\.save/],
      ['a torch.package', 'a.pt', () => archive('m/.data/extern_modules'), /torch\.package.*PackageImporter/],
      ['a SavedModel', 'a.pb', () => Buffer.from('080112100a0e', 'hex'), /SavedModel.*tf2onnx/],
      ['a TensorRT engine', 'a.engine', () => Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(60)]), /TensorRT/],
      [
        'a pickle of before 1.6',
        'a.pth',
        () => Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e', 'hex'),
        /torch\.save/,
      ],
    ];
    for (const [what, name, make, said] of strangers) {
      it(what, async () => {
        await refuses(place(name, make()), 'ERR_MODEL_FORMAT', said);
      });
    }

    it('names the class that was pickled, and unpickles nothing', async () => {
      const marker = join(current().folder, 'marker');
      // os.system(touch marker), as a pickle would run it
      const pickle = Buffer.from(`\x80\x02cposix\nsystem\nX${'\0'.repeat(4)}touch ${marker}\x85R.`, 'latin1');
      pickle.writeUInt32LE(6 + marker.length, pickle.indexOf('X\0') + 1);
      const path = place(
        'evil.pt',
        rawZip([
          { name: 'archive/data.pkl', body: pickle },
          { name: 'archive/version', body: Buffer.from('3\n') },
        ]),
      );
      await refuses(path, 'ERR_MODEL_FORMAT', /whole Python object \(posix\.system\)/);
    });
  });

  describe('C12: external data', () => {
    const model = (name: string): string => place('model.onnx', readFileSync(fixture(`faults/onnx/${name}.onnx`)));
    const weights = Buffer.from(Float32Array.from({ length: 12 }, (_, i) => i).buffer);

    for (const name of ['rows_up', 'rows_absolute', 'rows_inside_up', 'rows_folder']) {
      it(`${name}: elsewhere`, () =>
        refuses(model(name), 'ERR_UNSAFE_ARCHIVE', /beside the model or in a folder below it/));
    }

    it('missing, cut off, a link', async () => {
      const path = model('rows');
      await refuses(path, 'ERR_MODEL_LOAD', /w\.bin.*not there/);
      truncateSync(place('w.bin', weights), 20);
      await refuses(path, 'ERR_MODEL_FORMAT', /at least \d+ bytes/);
      const aside = join(current().folder, 'aside');
      mkdirSync(aside);
      writeFileSync(join(aside, 'w.bin'), weights);
      execFileSync('rm', [join(current().folder, 'w.bin')]);
      symlinkSync(join(aside, 'w.bin'), join(current().folder, 'w.bin'));
      await refuses(path, 'ERR_UNSAFE_ARCHIVE', /symbolic link/);
    });

    it('beside the model, in a folder, of a hard link: copied, hashed, listed', async () => {
      const path = model('rows_sub');
      mkdirSync(join(current().folder, 'sub'));
      linkSync(place('original.bin', weights), join(current().folder, 'sub/w.bin'));
      const { record } = await add(path);
      expect(record.artifact.sidecars).to.have.length(1);
      expect(record.artifact.sidecars?.[0]).to.deep.include({ file: 'sub/w.bin', bytes: weights.length });
      const copied = join(current().modelsDir, 'model/v1.0/sub/w.bin');
      expect(readFileSync(copied).equals(weights)).to.equal(true);
      await current().registry.verify('model', 'v1.0');
      writeFileSync(join(current().folder, 'original.bin'), Buffer.alloc(48));
      expect(readFileSync(copied).equals(weights)).to.equal(true);
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
