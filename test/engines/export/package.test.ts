import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, Tensor, type LoadOptions, type Model } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { rawZip } from '../../support/raw-zip.js';
import { compiled, entriesIn, scratch, type Entry } from '../../support/repack.js';
import { zip } from '../../support/zip.js';

const exported = (name: string): string => fixture(`export/${name}.pt2`);

describe('packages of exported programs', () => {
  const folder = scratch();
  const write = (bytes: Buffer): string => {
    const path = join(folder(), `model-${Math.random().toString(36).slice(2)}.pt2`);
    writeFileSync(path, bytes);
    return path;
  };
  const stored = (entries: readonly Entry[]): string =>
    write(rawZip(entries.map(({ name, data }) => ({ name, body: data }))));
  const changed = async (change: (entry: Entry) => Entry | Entry[], name = 'mlp'): Promise<string> =>
    stored((await entriesIn(exported(name))).flatMap(change));
  const answers = async (path: string, options?: LoadOptions): Promise<Model['info']> => {
    await using model = await loadModel(path, options);
    expect((await model.run(Tensor.zeros([2, 4]))).shape).to.deep.equal([2, 3]);
    return model.info;
  };
  const refused = async (path: string, code: string, said: RegExp, options?: LoadOptions): Promise<void> => {
    expect((await rejection(() => loadModel(path, options), code)).message).to.match(said);
  };
  const withText =
    (suffix: string, text: (old: string) => string) =>
    (entry: Entry): Entry =>
      entry.name.endsWith(suffix) ? { ...entry, data: Buffer.from(text(entry.data.toString())) } : entry;
  const json = (change: (program: Program) => void) =>
    withText('models/model.json', (old) => {
      const program = JSON.parse(old) as Program;
      change(program);
      return JSON.stringify(program);
    });

  it('run when they were packed again, with any root and any extension, and with sample inputs that nobody opens', async () => {
    expect((await answers(await changed((entry) => entry))).engine).to.equal('export');
    await answers(await changed(({ name, data }) => ({ name: name.replace(/^[^/]+/, 'another'), data })));
    await answers(await changed(({ name, data }) => ({ name: name.replace(/^[^/]+\//, ''), data })));
    const pickle = { name: 'mlp/data/sample_inputs/model.pt', data: Buffer.from('cos\nsystem\n(S"false"\ntR.') };
    await answers(await changed((entry) => (entry.name === pickle.name ? pickle : entry)));
    const other = join(folder(), 'model.bin');
    writeFileSync(other, readFileSync(exported('mlp')));
    expect((await answers(other)).engine).to.equal('export');
    await answers(other, { engine: 'export' });
  });

  it('with compiled code beside the program run the program, and say so; the engine aotinductor runs the code', async () => {
    const both = stored([
      ...(await entriesIn(exported('mlp'))).map(({ name, data }) => ({ name: name.replace(/^[^/]+/, 'both'), data })),
      ...(await entriesIn(compiled('mlp')))
        .filter(({ name }) => name.includes('/data/aotinductor/'))
        .map(({ name, data }) => ({ name: name.replace(/^[^/]+/, 'both'), data })),
    ]);
    const { engine, warnings } = await answers(both);
    expect(engine).to.equal('export');
    expect(warnings.join()).to.match(/compiled code beside.*aotinductor/);
    expect((await answers(both, { engine: 'aotinductor' })).engine).to.equal('aotinductor');
    expect((await answers(compiled('mlp'))).warnings.join()).to.not.match(/beside/);
  });

  it('of several programs are refused by their names', async () => {
    await refused(exported('two'), 'ERR_MODEL_FORMAT', /2 programs \("first", "second"\); save each by itself/);
  });

  it('of another format, version or byte order are refused with what to do', async () => {
    const mark = (file: string, text: string | undefined) =>
      changed((entry) =>
        entry.name.endsWith(`/${file}`) ? (text === undefined ? [] : { ...entry, data: Buffer.from(text) }) : entry,
      );
    await refused(await mark('archive_format', 'zip'), 'ERR_MODEL_FORMAT', /archive_format is "zip" and not "pt2"/);
    await refused(await mark('archive_format', undefined), 'ERR_MODEL_FORMAT', /without archive_format/);
    await refused(await mark('archive_version', '7'), 'ERR_MODEL_FORMAT', /archive_version is "7".*2\.9 to 2\.15/);
    await refused(await mark('byteorder', 'big'), 'ERR_MODEL_FORMAT', /byteorder is "big".*little-endian/);
    await answers(await mark('byteorder', undefined));
  });

  it('of PyTorch 2.8 and older are refused with the command that saves them again', async () => {
    const again = /PyTorch 2\.8 or older.*pickle.*torch\.export\.save\(torch\.export\.load\(/;
    await refused(exported('versions/mlp-2.8'), 'ERR_MODEL_FORMAT', again);
    const old = ['serialized_exported_program.json', 'serialized_state_dict.pt', 'version'].map((name) => ({
      name,
      data: Buffer.from('1'),
    }));
    await refused(stored(old), 'ERR_MODEL_FORMAT', again);
  });

  it('whose bytes are not what the directory says are refused', async () => {
    await refused(
      write(zip(await entriesIn(exported('mlp')))),
      'ERR_UNSAFE_ARCHIVE',
      /is compressed, which PyTorch never does/,
    );
    const bytes = readFileSync(exported('mlp'));
    for (const { name, data } of await entriesIn(exported('mlp'))) {
      if (!/weight_0|models\/|_config/.test(name)) continue;
      const flipped = Buffer.from(bytes);
      const at = bytes.indexOf(data);
      flipped[at] = (flipped[at] as number) ^ 1;
      await refused(write(flipped), 'ERR_UNSAFE_ARCHIVE', /has bytes that its checksum is not of/);
    }
  });

  it('with names that lead elsewhere, twice, or beyond the file are refused', async () => {
    const entries = await entriesIn(exported('mlp'));
    const and = (name: string): string => stored([...entries, { name, data: Buffer.from('x') }]);
    for (const name of [
      'mlp/../../x',
      'mlp/data//x',
      'mlp/data/weights/weight_0',
      'mlp/DATA/weights/Weight_0',
      'other/x',
      'mlp/a\u0000b',
    ]) {
      await refused(and(name), 'ERR_UNSAFE_ARCHIVE', /Expected an archive as PyTorch writes it/);
    }
    const [first, ...others] = entries.map(({ name, data }) => ({ name, body: data }));
    const beyond = rawZip([...others, { ...(first as { name: string; body: Buffer }), offset: 2 ** 31 }]);
    await refused(write(beyond), 'ERR_UNSAFE_ARCHIVE', /beyond|begin/);
    const elsewhere = rawZip([...others, { ...(first as { name: string; body: Buffer }), offset: 1 }]);
    await refused(write(elsewhere), 'ERR_UNSAFE_ARCHIVE', /overlaps|begin/);
  });

  it('whose parts are missing or disagree are refused', async () => {
    const without = (suffix: string) => changed((entry) => (entry.name.endsWith(suffix) ? [] : entry));
    await refused(await without('/weight_0'), 'ERR_MODEL_FORMAT', /weight/);
    const pickled = withText('model_weights_config.json', (old) =>
      old.replaceAll('"use_pickle":false', '"use_pickle":true').replaceAll('"use_pickle": false', '"use_pickle": true'),
    );
    await refused(await changed(pickled), 'ERR_MODEL_FORMAT', /pickle/);
    const spec = (name: 'in_spec' | 'out_spec', text: string) =>
      json(
        ({
          graph_module: {
            module_call_graph: [first],
          },
        }) => {
          if (first) first.signature[name] = text;
        },
      );
    for (const text of [
      '',
      '[]',
      '[1, null]',
      '[1, {"type": "builtins.dict", "context": "{", "children_spec": []}]',
      '[2, {}]',
    ]) {
      await refused(await changed(spec('in_spec', text)), 'ERR_MODEL_FORMAT', /./);
      await refused(await changed(spec('out_spec', text)), 'ERR_MODEL_FORMAT', /./);
    }
    const leaf = '{"type": null, "context": null, "children_spec": []}';
    await refused(
      await changed(
        spec('out_spec', `[1, {"type": "builtins.list", "context": "null", "children_spec": [${leaf}, ${leaf}]}]`),
      ),
      'ERR_MODEL_FORMAT',
      /Expected 2 results/,
    );
    const size = withText('models/model.json', (old) => old.replaceAll(/"Symbol\('s77'[^"]*"/g, '"os.system(1)"'));
    await refused(await changed(size), 'ERR_MODEL_FORMAT', /os\.system/);
  });

  it('are cut off, or something else: a coded error at any place', async () => {
    const bytes = readFileSync(exported('mlp'));
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.99, 0.9999]) {
      await refused(write(bytes.subarray(0, Math.floor(bytes.length * share))), 'ERR_MODEL_FORMAT', /./);
    }
    await refused(fixture('torchscript/linear.pt'), 'ERR_MODEL_FORMAT', /a TorchScript file/, { engine: 'export' });
    await refused(compiled('mlp'), 'ERR_MODEL_FORMAT', /an AOTInductor package/, { engine: 'export' });
    await refused(exported('mlp'), 'ERR_MODEL_FORMAT', /exported program.*extension \.pt2/, { engine: 'torchscript' });
  });

  it('take the names that the exporter wrote beside the program', async () => {
    const notes = (written: unknown) =>
      changed((entry) => entry).then(async () =>
        stored([
          ...(await entriesIn(exported('mlp'))),
          { name: 'mlp/extra/node_libtorch.json', data: Buffer.from(JSON.stringify(written)) },
        ]),
      );
    await using named = await loadModel(
      await notes({ version: 1, symbols: { s77: 'batch' }, inputs: ['pixels'], outputs: ['scores'] }),
    );
    expect(named.signature?.inputs[0]).to.deep.include({ name: 'pixels', symbols: ['batch', null] });
    expect(named.signature?.outputs[0]).to.deep.include({ name: 'scores', symbols: ['batch', null] });
    expect((await named.call<Tensor>('forward', { pixels: Tensor.zeros([2, 4]) })).shape).to.deep.equal([2, 3]);
    for (const odd of [null, [], { symbols: { s77: '1' }, inputs: ['a', 'b'], outputs: [7] }, { symbols: [] }]) {
      await using model = await loadModel(await notes(odd));
      expect(model.signature?.inputs[0]).to.deep.include({ name: 'x', symbols: ['s77', null] });
    }
  });
});

interface Program {
  graph_module: { module_call_graph: { signature: { in_spec: string; out_spec: string } }[] };
}
