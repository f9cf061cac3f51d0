/** State that is not seen (T3): every way to write to something that outlives a run, and what only looks like it. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Model, type Value } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

interface Case {
  readonly name: string;
  readonly stateful: boolean;
  /** One run after the other on one loaded module: what PyTorch answered. */
  readonly calls: readonly {
    readonly method: string;
    readonly x: readonly number[];
    readonly want: readonly number[];
  }[];
}

const folder = 'faults/state-torchscript/';
const file = (name: string): string => fixture(`${folder}${name}.pt`);
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8')) as Case[];
const row = (x: readonly number[]): Tensor => new Tensor('float32', Float32Array.from(x), [1, x.length]);

async function answersAsPyTorch(model: Model, { calls }: Case): Promise<void> {
  for (const [i, { method, x, want }] of calls.entries()) {
    const value = await model.call(method, [row(x)]);
    const got = Array.from(
      ((Array.isArray(value) ? (value as readonly Value[])[0] : value) as Tensor).data as Float32Array,
    );
    expect(got, `run ${i + 1}`).to.have.length(want.length);
    for (const [at, number] of got.entries()) {
      expect(number, `run ${i + 1}, element ${at}`).to.be.closeTo(want[at] as number, 1e-4 * (1 + Math.abs(number)));
    }
  }
}

describe('faults: state that is not seen', () => {
  for (const optimize of ['freeze', 'none', 'inference'] as const) {
    describe(`with optimize ${optimize}`, () => {
      for (const one of cases.filter(({ stateful }) => stateful)) {
        it(`finds the state of ${one.name}, and a warm-up leaves it alone`, async () => {
          await using model = await loadModel(file(one.name), { optimize });
          expect(model.info.stateful).to.equal(true);
          expect(model.info.statefulReason).to.match(/^\w+ (writes to|assigns) /);
          await model.warmup({ example: row([5, 6, 7, 8]) });
          await answersAsPyTorch(model, one);
        });
      }

      for (const one of cases.filter(({ stateful }) => !stateful)) {
        it(`finds none in ${one.name}`, async () => {
          await using model = await loadModel(file(one.name), { optimize });
          expect(model.info.statefulReason).to.equal(undefined);
          expect(model.info.stateful).to.equal(false);
          await answersAsPyTorch(model, one);
        });
      }
    });
  }

  for (const name of cases.filter(({ stateful }) => stateful).map((one) => one.name)) {
    it(`refuses two instances of ${name} and a queue over it, and says why`, async () => {
      const error = await rejection(() => loadModel(file(name), { instances: 2 }), 'ERR_STATEFUL_MODEL');
      expect(error.message).to.match(/keeps state \(\w+ (writes to|assigns) /);
      await using model = await loadModel(file(name));
      await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_STATEFUL_MODEL');
    });
  }

  const reasons: [string, RegExp][] = [
    ['AddInPlace', /forward writes to self\.n \(aten::add_\)/],
    ['Deep', /self\.parts\.0\.0\.n \(aten::add_\)/],
    ['ListAppend', /self\.seen \(aten::append\)/],
    ['DictItem', /self\.seen \(aten::_set_item\)/],
    ['OtherMethod', /step writes to self\.n \(aten::copy_\)/],
    ['NormTraining', /self\.mean \(aten::batch_norm\)/],
    ['TracedConstant', /a constant of its graph \(aten::add_\)/],
    ['Assigns', /assigns self\.count/],
    ['HeldObject', /assigns .*runs/],
  ];
  for (const [name, reason] of reasons) {
    it(`names what is written and by which operator: ${name}`, async () => {
      await using model = await loadModel(file(name));
      expect(model.info.statefulReason).to.match(reason);
    });
  }
});
