import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { loadModel, Tensor, type EngineName, type LoadOptions, type ModelSource } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const engines: [EngineName, string, Tensor][] = [
  ['torchscript', fixture('torchscript/linear.pt'), Tensor.from([[1, 2, 3, 4]])],
  ['export', fixture('export/mlp.pt2'), Tensor.zeros([2, 4])],
  ['aotinductor', fixture('aoti/mlp.pt2'), Tensor.zeros([2, 4])],
  ['onnx', fixture('onnx/linear.onnx'), Tensor.from([[1, 2, 3, 4]])],
];
const load = (source: unknown, options?: LoadOptions) => loadModel(source as ModelSource, options);

describe('the source of a model', function () {
  this.timeout(60_000);

  for (const [engine, path, input] of engines) {
    describe(`for ${engine}`, () => {
      let bytes: Buffer;
      let wanted: unknown;
      before(async () => {
        bytes = await readFile(path);
        await using model = await loadModel(path);
        wanted = (await model.run(input)).toArray();
      });

      /** What a model of the source says of itself and answers. */
      const answer = async (source: unknown, options?: LoadOptions) => {
        await using model = await load(source, options);
        return [model.info.engine, model.info.sha256, (await model.run(input)).toArray()];
      };
      const right = () => [engine, hash(bytes), wanted];

      it('may be a URL, also of another realm', async () => {
        const url = pathToFileURL(path);
        expect(await answer(url)).to.deep.equal(right());
        const { href, protocol } = url;
        expect(await answer(runInNewContext(`(${JSON.stringify({ href, protocol })})`))).to.deep.equal(right());
      });

      it('may be bytes: a Buffer, a view or an ArrayBuffer, also of another realm', async () => {
        const whole = new Uint8Array(bytes.length + 6);
        whole.set(bytes, 3);
        const foreign = runInNewContext('(length) => new Uint8Array(length)') as (length: number) => Uint8Array;
        const other = foreign(bytes.length);
        other.set(bytes);
        for (const source of [bytes, whole.subarray(3, -3), Uint8Array.from(bytes).buffer, other]) {
          expect(await answer(source, { engine })).to.deep.equal(right());
        }
      });

      it('is copied at the call: bytes that change later change nothing', async () => {
        const own = Uint8Array.from(bytes);
        const loading = answer(own, { engine });
        own.fill(0);
        expect(await loading).to.deep.equal(right());
      });

      it('needs the engine to be named where there is no extension', async () => {
        const { message } = await rejection(() => load(bytes), 'ERR_INVALID_ARGUMENT');
        expect(message).to.match(/^Expected the option engine \(torchscript, .*\) for a model that is given as bytes$/);
      });

      it('is held to its sha256', async () => {
        expect(await answer(bytes, { engine, sha256: hash(bytes) })).to.deep.equal(right());
        const { message } = await rejection(() => load(bytes, { engine, sha256: '0'.repeat(64) }), 'ERR_INTEGRITY');
        expect(message).to.include(`for the ${bytes.length} bytes that were given`);
      });

      it('may be aborted while it is read', async () => {
        const controller = new AbortController();
        const loading = load(bytes, { engine, signal: controller.signal });
        controller.abort(new Error('enough'));
        expect(await loading.catch((error: unknown) => error)).to.have.property('message', 'enough');
      });

      it('refuses no bytes, and bytes of something else', async () => {
        await rejection(() => load(new Uint8Array(), { engine }), 'ERR_MODEL_FORMAT');
        const error = await load(Buffer.from('something else'), { engine }).catch((thrown: unknown) => thrown);
        expect(error)
          .to.have.property('code')
          .that.matches(/^ERR_(MODEL_FORMAT|MODEL_LOAD|UNSAFE_ARCHIVE)$/);
      });
    });
  }

  const wrong: [string, unknown, RegExp][] = [
    [
      'another scheme',
      new URL('https://user:secret@example.com/model.pt'),
      /a file: URL for the model but received "https:…"$/,
    ],
    ['data:', new URL('data:,model'), /"data:…"/],
    ['another host', new URL('file://host/model.pt'), /local file/],
    ['an encoded slash', new URL('file:///a%2Fmodel.pt'), /local file/],
    ['an empty path', '', /a path, a file: URL, a Uint8Array or an ArrayBuffer for the model but received ""/],
    ['nothing', undefined, /received undefined/],
    ['null', null, /received null/],
    ['a number', 5, /received 5/],
    ['an object', { path: 'model.pt' }, /received an object/],
    ['a Float32Array', new Float32Array(4), /received an instance of Float32Array/],
    ['a DataView', new DataView(new ArrayBuffer(4)), /received an instance of DataView/],
  ];
  for (const [what, source, message] of wrong) {
    it(`refuses ${what}`, async () => {
      const error = await rejection(() => load(source), 'ERR_INVALID_ARGUMENT');
      expect(error.message).to.match(message).and.not.include('secret');
    });
  }

  it('takes a string as a path, whatever it looks like', async () => {
    await rejection(() => load(pathToFileURL(fixture('torchscript/linear.pt')).href), 'ERR_MODEL_LOAD');
  });

  it('cannot be bytes where an ONNX model has external data', async () => {
    const bytes = await readFile(fixture('onnx/external.onnx'));
    const { message } = await rejection(() => load(bytes, { engine: 'onnx' }), 'ERR_MODEL_LOAD');
    expect(message).to.match(/^Expected a path or a file: URL for a model with external data \("weights\.bin"\)/);
  });
});
