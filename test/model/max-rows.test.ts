import { expect } from 'chai';
import { EngineModel } from '#dist/model/base.js';
import type { ModelInfo } from '#dist/model/info.js';
import type { Signature, TensorSpec } from '#dist/signature/spec.js';

class Described extends EngineModel {
  constructor(...inputs: readonly Partial<TensorSpec>[]) {
    const specs = inputs.map((spec, i) => ({ name: `x${i}`, dtype: 'float32' as const, shape: [null, 2], ...spec }));
    const signature: Signature = { inputs: specs, outputs: [] };
    super({ methods: [] } as unknown as ModelInfo, signature, {
      take: (bytes) => new ArrayBuffer(bytes),
      give: () => undefined,
    });
  }

  protected override start(): never {
    throw new Error('nothing runs here');
  }

  protected override free(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the most rows of a run', () => {
  it('are the least of what the inputs allow, and a fixed size is one', () => {
    expect(new Described({}).maxRows).to.equal(undefined);
    expect(new Described({ bounds: [{ min: 1, max: 8 }, null] }).maxRows).to.equal(8);
    expect(new Described({ bounds: [{ min: 1, max: Infinity }, null] }).maxRows).to.equal(undefined);
    expect(new Described({ shape: [4, 2] }).maxRows, 'two calls of 4 rows are no run').to.equal(4);
    expect(new Described({ bounds: [{ min: 1, max: 8 }, null] }, { shape: [4, 2] }).maxRows).to.equal(4);
    expect(new Described({ shape: null }, { shape: [] }).maxRows).to.equal(undefined);
  });
});
