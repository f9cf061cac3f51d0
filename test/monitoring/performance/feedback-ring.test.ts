import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { FeedbackRing, type Prediction } from '#dist/monitoring/performance/index.js';

const labels = ['a', 'b', 'c'];
const prediction = (rows = 1, version = 'v1', model = 'm'): Prediction => ({
  ...{ model, version, identity: 'aa', labels },
  classes: new Int32Array(rows).fill(2),
  confidences: new Float32Array(rows).fill(0.5),
});

/** What was answered last under an id. */
const found = (ring: FeedbackRing, id: string, client?: string) => ring.find(id, client).at(-1);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** In one piece, as an id is once it was written into an answer. */
const newId = (): string => Buffer.from(randomUUID()).toString('latin1');

/** Bytes that are in use. */
function heap(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('FeedbackRing', () => {
  it('finds what was answered until its label has come, and knows that it has', () => {
    const ring = new FeedbackRing({ requests: 10 });
    ring.remember('one', prediction(3));
    expect(found(ring, 'one')?.predictions.map(({ classes }) => [...classes])).to.deep.equal([[2, 2, 2]]);
    expect(found(ring, 'other')).to.equal(undefined);
    ring.settle('one', 'm');
    const settled = found(ring, 'one');
    expect(settled?.labelled).to.equal(true);
    expect(settled?.predictions.map(({ model, version }) => [model, version])).to.deep.equal([['m', 'v1']]);
    expect(ring.rows).to.equal(0);
  });

  it('forgets the oldest beyond its requests and its rows', () => {
    const ring = new FeedbackRing({ requests: 100, rows: 250 });
    for (let request = 0; request < 1000; request++) ring.remember(`r${request}`, prediction());
    expect([ring.size, ring.rows]).to.deep.equal([100, 100]);
    expect(found(ring, 'r899')).to.equal(undefined);
    expect(found(ring, 'r900')).not.to.equal(undefined);
    ring.remember('large', prediction(200));
    expect(ring.rows).to.equal(250);
    expect(found(ring, 'r949')).to.equal(undefined);
    expect(found(ring, 'r950')).not.to.equal(undefined);
    ring.remember('too large', prediction(251));
    expect(found(ring, 'too large')).to.equal(undefined);
    expect(ring.rows).to.equal(250);
  });

  it('takes an id that comes again for the newest answer', () => {
    const ring = new FeedbackRing({ requests: 10 });
    ring.remember('same', prediction(1));
    ring.settle('same', 'm');
    ring.remember('same', prediction(2));
    expect(found(ring, 'same')).to.include({ labelled: false });
    expect(found(ring, 'same')?.predictions.map(({ classes }) => classes.length)).to.deep.equal([2]);
    expect([ring.size, ring.rows]).to.deep.equal([1, 2]);
  });

  it('keeps the answers of versions that were compared', () => {
    const ring = new FeedbackRing({ requests: 10 });
    ring.remember('shadowed', prediction(2, 'v1'));
    ring.remember('shadowed', prediction(2, 'v2'));
    expect(found(ring, 'shadowed')?.predictions.map(({ version }) => version)).to.deep.equal(['v1', 'v2']);
    expect(ring.rows).to.equal(4);
    for (let version = 3; version < 100; version++) ring.remember('shadowed', prediction(2, `v${version}`));
    expect(found(ring, 'shadowed')?.predictions.length).to.be.at.most(8);
    expect(ring.rows).to.be.at.most(16);
  });

  it('keeps what each model has answered under one id, and a label of its own for each', () => {
    const ring = new FeedbackRing({ requests: 3 });
    ring.remember('order', prediction(2, 'v1', 'cats'));
    ring.remember('order', prediction(1, 'v1', 'dogs'));
    ring.remember('order', prediction(2, 'v2', 'cats'));
    const known = () =>
      ring
        .find('order')
        .map(({ predictions, labelled }) => [predictions.map(({ model, version }) => `${model} ${version}`), labelled]);
    expect(known()).to.deep.equal([
      [['dogs v1'], false],
      [['cats v1', 'cats v2'], false],
    ]);
    expect([ring.size, ring.rows]).to.deep.equal([2, 5]);
    ring.settle('order', 'dogs');
    ring.settle('order', 'birds');
    expect(known()).to.deep.equal([
      [['dogs v1'], true],
      [['cats v1', 'cats v2'], false],
    ]);
    // The id used again by one of them.
    ring.remember('order', prediction(4, 'v1', 'dogs'));
    expect(known()).to.deep.equal([
      [['cats v1', 'cats v2'], false],
      [['dogs v1'], false],
    ]);
    expect([ring.size, ring.rows]).to.deep.equal([2, 8]);
    ring.remember('one', prediction());
    ring.remember('two', prediction());
    expect(known()).to.deep.equal([[['dogs v1'], false]]);
    ring.remember('three', prediction());
    expect([known(), ring.size, ring.rows]).to.deep.equal([[], 3, 3]);
  });

  it('knows a request by the id of its message, the newest of that id alone', () => {
    const ring = new FeedbackRing({ requests: 3 });
    ring.remember('one', prediction(1));
    ring.alias('one', '1');
    ring.remember('two', prediction(2));
    ring.alias('two', '1');
    expect(found(ring, '1')?.predictions[0]?.classes.length).to.equal(2);
    ring.settle('1', 'm');
    expect(found(ring, 'two')?.labelled).to.equal(true);
    expect(found(ring, 'one')?.labelled).to.equal(false);
    for (const id of ['three', 'four', 'five']) ring.remember(id, prediction());
    expect(found(ring, '1')).to.equal(undefined);
  });

  it('believes no message id where the request id was used twice, for it may be about the first', () => {
    const ring = new FeedbackRing({ requests: 3 });
    ring.remember('same', prediction(1));
    ring.remember('same', prediction(2));
    ring.alias('same', 'first');
    ring.alias('same', 'second');
    expect(found(ring, 'first')).to.equal(undefined);
    expect(found(ring, 'second')).to.equal(undefined);
    ring.remember('long', prediction());
    ring.alias('long', 'x'.repeat(257));
    expect(found(ring, 'x'.repeat(257))).to.equal(undefined);
  });

  it('gives back each row as it came, of one version and of several', () => {
    const ring = new FeedbackRing({ requests: 10 });
    const of = (version: string, ...rows: number[]): Prediction => ({
      ...{ model: 'm', version, identity: 'aa', labels },
      classes: Int32Array.from(rows),
      confidences: Float32Array.from(rows, (row) => row / 10),
    });
    const given = [of('v1', 2), of('v2', -1, 0, 1), of('v3')];
    for (const each of given) ring.remember('compared', each);
    expect(found(ring, 'compared')?.predictions).to.deep.equal(given);
    ring.settle('compared', 'm');
    expect(found(ring, 'compared')?.predictions.map(({ version, classes }) => [version, classes.length])).to.deep.equal(
      [
        ['v1', 0],
        ['v2', 0],
        ['v3', 0],
      ],
    );
  });

  it('takes new labels of a version that was loaded anew', () => {
    const ring = new FeedbackRing({ requests: 10 });
    ring.remember('before', prediction());
    ring.remember('after', { ...prediction(), labels: ['x', 'y', 'z'] });
    const labelsOf = (id: string) => found(ring, id)?.predictions[0]?.labels;
    expect([labelsOf('before'), labelsOf('after')]).to.deep.equal([labels, ['x', 'y', 'z']]);
  });

  it('stays small in a flood of requests of one row, of many rows and of many versions', () => {
    const ring = new FeedbackRing({ requests: 10_000 });
    const size = (): number => heap() / 2 ** 20;
    const before = size();
    for (let i = 0; i < 60_000; i++) ring.remember(newId(), prediction());
    expect([ring.size, ring.rows]).to.deep.equal([10_000, 10_000]);
    expect(size() - before).to.be.below(3.5);
    for (let i = 0; i < 30_000; i++) ring.remember(newId(), prediction(16, `v${i}`));
    expect([ring.size, ring.rows]).to.deep.equal([10_000, 160_000]);
    expect(size() - before).to.be.below(10);
    for (let i = 0; i < 2000; i++) ring.remember(newId(), prediction(4096));
    expect([ring.size, ring.rows]).to.deep.equal([39, 39 * 4096]);
    expect(size() - before).to.be.below(8);
  });

  it('forgets without a new walk over its map, which passes all that was deleted before', () => {
    const limit = 1000;
    const ring = new FeedbackRing({ requests: limit });
    const kinds = ['entries', 'keys', 'values', Symbol.iterator] as const;
    type Walk = (this: Map<unknown, unknown>) => never;
    const originals = kinds.map((kind) => [kind, Reflect.get(Map.prototype, kind) as Walk] as const);
    let walks = 0;
    for (const [kind, original] of originals) {
      Map.prototype[kind] = function (this: Map<unknown, unknown>) {
        walks++;
        return original.call(this);
      };
    }
    try {
      for (let i = 0; i < 3 * limit; i++) ring.remember(`r${i}`, prediction());
    } finally {
      for (const [kind, original] of originals) Map.prototype[kind] = original;
    }
    expect(ring.size).to.equal(limit);
    expect(walks).to.be.below(10);
  });

  it('gives each client ids of its own, and forgets a client with its last request', () => {
    const ring = new FeedbackRing({ requests: 4 });
    ring.remember('1', prediction(1), 'ann');
    ring.alias('1', 'mine', 'ann');
    ring.remember('1', prediction(2), 'bob');
    ring.alias('1', 'mine', 'bob');
    ring.remember('1', prediction(3));
    const rows = (id: string, client?: string) => found(ring, id, client)?.predictions[0]?.classes.length;
    expect([rows('1', 'ann'), rows('1', 'bob'), rows('1')]).to.deep.equal([1, 2, 3]);
    expect([rows('mine', 'ann'), rows('mine', 'bob'), rows('mine'), rows('1', 'eve')]).to.deep.equal([
      ...[1, 2],
      ...[undefined, undefined],
    ]);
    expect([ring.size, ring.rows]).to.deep.equal([3, 6]);
    ring.settle('mine', 'm', 'bob');
    ring.settle('1', 'm', 'eve');
    expect(['ann', 'bob', ''].map((client) => found(ring, '1', client)?.labelled)).to.deep.equal([false, true, false]);
    for (const id of ['2', '3', '4']) ring.remember(id, prediction(), 'eve');
    expect([rows('1', 'ann'), rows('1', 'bob'), rows('1')]).to.deep.equal([undefined, undefined, 3]);
    expect(rows('mine', 'ann')).to.equal(undefined);
    expect(ring.size).to.equal(4);
  });

  it('stays small in a flood of requests of many clients', () => {
    const ring = new FeedbackRing({ requests: 1000 });
    const before = heap();
    for (let i = 0; i < 100_000; i++) ring.remember(newId(), prediction(), `client-${i}`);
    expect([ring.size, ring.rows]).to.deep.equal([1000, 1000]);
    expect((heap() - before) / 2 ** 20).to.be.below(1.5);
  });

  it('keeps its order where ids come again between others', () => {
    const ring = new FeedbackRing({ requests: 3 });
    for (const id of ['a', 'b', 'c', 'b', 'a', 'd']) ring.remember(id, prediction());
    expect(['a', 'b', 'c', 'd'].map((id) => found(ring, id) !== undefined)).to.deep.equal([true, true, false, true]);
    expect([ring.size, ring.rows]).to.deep.equal([3, 3]);
  });

  it('remembers nothing where it has no room', () => {
    const ring = new FeedbackRing({ requests: 0 });
    ring.remember('one', prediction());
    expect(found(ring, 'one')).to.equal(undefined);
  });

  describe('asked now and then', () => {
    const limit = 100;
    const flood = (ring: FeedbackRing, from: number, to: number): void => {
      for (let i = from; i < to; i++) ring.rememberRow(`r${i}`, answerer, i % 3, 0.5);
    };
    const answerer = { model: 'm', version: 'v1', identity: 'aa', labels };
    const classOf = (ring: FeedbackRing, id: string) => found(ring, id)?.predictions[0]?.classes[0];

    it('finds the newest before, within and after a flood, with the labels that came before', () => {
      const ring = new FeedbackRing({ requests: limit });
      expect(found(ring, 'r0')).to.equal(undefined);
      flood(ring, 0, 1000);
      expect([classOf(ring, 'r899'), classOf(ring, 'r900'), classOf(ring, 'r999')]).to.deep.equal([undefined, 0, 0]);
      ring.settle('r999', 'm');
      flood(ring, 1000, 1050);
      expect(found(ring, 'r999')?.labelled).to.equal(true);
      expect([classOf(ring, 'r949'), classOf(ring, 'r950'), classOf(ring, 'r1049')]).to.deep.equal([undefined, 2, 2]);
      ring.settle('r1049', 'm');
      expect([ring.size, ring.rows]).to.deep.equal([limit, limit - 2]);
      // So many without a question that the index is given up, and made anew.
      flood(ring, 1050, 1049 + limit);
      flood(ring, 1049 + limit, 1049 + limit + 1);
      expect(found(ring, 'r1049')).to.equal(undefined);
      expect(classOf(ring, 'r1050')).to.equal(0);
      expect([ring.size, ring.rows]).to.deep.equal([limit, limit]);
    });

    it('keeps what it was told of a request while its index is given up and made anew', () => {
      const ring = new FeedbackRing({ requests: limit });
      flood(ring, 0, limit);
      // The last question for a long time.
      expect(found(ring, 'r0')).not.to.equal(undefined);
      flood(ring, limit, 2 * limit - 4);
      ring.remember('compared', prediction(2, 'v1'));
      ring.remember('compared', prediction(3, 'v2'));
      ring.remember('used', prediction(2));
      ring.remember('used', prediction(4));
      ring.alias('used', 'before');
      ring.alias('compared', 'called');
      flood(ring, 1000, 1010);
      ring.alias('used', 'now');
      expect(found(ring, 'called')?.predictions.map(({ classes }) => classes.length)).to.deep.equal([2, 3]);
      expect([found(ring, 'before'), found(ring, 'now')]).to.deep.equal([undefined, undefined]);
      expect(found(ring, 'used')?.predictions[0]?.classes.length).to.equal(4);
    });

    it('puts together before the first question what came under one id', () => {
      const ring = new FeedbackRing({ requests: 10 });
      ring.remember('compared', prediction(2, 'v1'));
      ring.remember('compared', prediction(3, 'v2'));
      ring.remember('same', prediction(1), 'ann');
      ring.remember('same', prediction(4), 'ann');
      ring.remember('same', prediction(5), 'bob');
      ring.alias('same', 'mine', 'bob');
      ring.alias('same', 'first', 'ann');
      const sizes = (id: string, client?: string) =>
        found(ring, id, client)?.predictions.map(({ classes }) => classes.length);
      expect(sizes('compared')).to.deep.equal([2, 3]);
      expect([sizes('same', 'ann'), sizes('same', 'bob'), sizes('mine', 'bob')]).to.deep.equal([[4], [5], [5]]);
      expect([sizes('mine', 'ann'), sizes('first', 'ann')], 'used twice').to.deep.equal([undefined, undefined]);
      expect([ring.size, ring.rows]).to.deep.equal([3, 14]);
    });

    it('knows what an answer is called where many came between, or none', () => {
      for (const between of [0, 3, 70]) {
        const ring = new FeedbackRing({ requests: limit });
        ring.alias('nothing', 'else');
        ring.remember('one', prediction(2));
        flood(ring, 0, between);
        ring.alias('one', 'first');
        ring.alias('one', '1');
        expect(found(ring, 'first'), 'called otherwise since').to.equal(undefined);
        expect(found(ring, '1')?.predictions[0]?.classes.length).to.equal(2);
        flood(ring, 0, limit);
        expect(found(ring, '1')).to.equal(undefined);
      }
    });

    it('takes an id for unknown whose newest answer has too many rows', () => {
      const ring = new FeedbackRing({ requests: limit, rows: 20 });
      ring.remember('one', prediction(2));
      ring.remember('one', prediction(21));
      expect(found(ring, 'one')).to.equal(undefined);
      ring.remember('two', prediction(11, 'v1'));
      ring.remember('two', prediction(9, 'v2'));
      expect(found(ring, 'two')?.predictions.length).to.equal(2);
      ring.remember('two', prediction(1, 'v3'));
      expect(found(ring, 'two')).to.equal(undefined);
      expect([ring.size, ring.rows]).to.deep.equal([0, 0]);
    });

    it('is the same as a ring that is asked after each answer', () => {
      const [asked, lazy] = [
        new FeedbackRing({ requests: 30, rows: 90 }),
        new FeedbackRing({ requests: 30, rows: 90 }),
      ];
      let seed = 7;
      const draw = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
      for (let i = 0; i < 5000; i++) {
        // Ids of their own, and now and then the one before again.
        const id = draw(5) === 0 ? `r${i - 1}` : `r${i}`;
        const [rows, version, name, label] = [draw(4), draw(2), draw(3), draw(40)];
        const model = draw(4) === 0 ? 'other' : 'm';
        for (const ring of [asked, lazy]) {
          if (rows === 1) ring.rememberRow(id, { ...answerer, model, version: `v${version}` }, i % 3, 0.5);
          else ring.remember(id, prediction(rows, `v${version}`, model));
          if (name === 0) ring.alias(id, `n${i}`);
          if (label === 0) ring.settle(id, model);
        }
        expect(asked.size).to.be.at.most(30);
        if (i % 97 !== 0) continue;
        for (let back = 0; back < 40; back++) {
          for (const known of [`r${i - back}`, `n${i - back}`]) {
            const of = (ring: FeedbackRing) => {
              const remembered = found(ring, known);
              return remembered && { labelled: remembered.labelled, predictions: remembered.predictions };
            };
            if (back < 20) expect(of(lazy)).to.deep.equal(of(asked));
          }
        }
      }
    });

    it('indexes nothing while nobody asks, and each answer once while somebody does', () => {
      const ring = new FeedbackRing({ requests: limit });
      const original = Reflect.get(Map.prototype, 'set') as (this: unknown, ...entry: unknown[]) => never;
      let sets = 0;
      const setsOf = (action: () => void): number => {
        sets = 0;
        action();
        return sets;
      };
      const counts: number[] = [];
      Map.prototype.set = function (...entry) {
        sets++;
        return original.apply(this, entry);
      };
      try {
        counts.push(setsOf(() => flood(ring, 0, 1000)));
        for (let i = 1000; i < 2000; i += 50) {
          counts.push(setsOf(() => found(ring, 'r0')));
          counts.push(setsOf(() => flood(ring, i, i + 50)));
        }
        counts.push(setsOf(() => flood(ring, 2000, 2050)));
        counts.push(setsOf(() => flood(ring, 2050, 4000)));
      } finally {
        Map.prototype.set = original;
      }
      // And one for the client.
      const asked = [limit + 1, 50, ...Array.from({ length: 19 }, () => [0, 50]).flat()];
      expect(counts).to.deep.equal([0, ...asked, 50, 0]);
    });

    it('keeps the index of a ring that is too large to index at once', () => {
      const large = 50_000;
      const ring = new FeedbackRing({ requests: large });
      flood(ring, 0, 3 * large);
      expect([classOf(ring, `r${2 * large - 1}`), classOf(ring, `r${2 * large}`)]).to.deep.equal([undefined, 1]);
      expect([ring.size, ring.rows]).to.deep.equal([large, large]);
    });
  });
});
