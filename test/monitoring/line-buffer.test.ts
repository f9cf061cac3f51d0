import { expect } from 'chai';
import { createLogger, LineBuffer } from '#dist/monitoring/logging.js';

describe('lines of the log', () => {
  const collected = (largest: number) => {
    const writes: string[] = [];
    let flushes = 0;
    const target = {
      write: (text: string) => void writes.push(text),
      flush: (done?: () => void) => {
        flushes++;
        done?.();
      },
    };
    return { buffer: new LineBuffer(target, largest), writes, flushes: () => flushes };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  const info = (text: string) => `{"level":"info","msg":"${text}"}\n`;
  const gathered = () => new Promise((resolve) => setTimeout(resolve, 30));

  it('are written with their turn where none came before, and gather for a while after that', async () => {
    const begin = async () => {
      const { buffer, writes } = collected(Infinity);
      buffer.write(info('a'));
      buffer.write(info('b'));
      expect(writes).to.deep.equal([]);
      const began = performance.now();
      await turn();
      expect(writes.splice(0)).to.deep.equal([info('a') + info('b')]);
      buffer.write(info('c'));
      await turn();
      await turn();
      buffer.write(info('d'));
      return { buffer, writes, isLate: performance.now() - began > 15 };
    };
    let { buffer, writes, isLate } = await begin();
    // The while may be over before these turns are, on a machine that is busy.
    for (let i = 0; i < 20 && isLate; i++) ({ buffer, writes, isLate } = await begin());
    expect(writes).to.deep.equal([]);
    await gathered();
    expect(writes.splice(0)).to.deep.equal([info('c') + info('d')]);
    await gathered();
    await gathered();
    buffer.write(info('e'));
    await turn();
    expect(writes).to.deep.equal([info('e')]);
  });

  it('of level warn and above take those that gather with them', async () => {
    for (const level of ['warn', 'error', 'fatal']) {
      const { buffer, writes } = collected(Infinity);
      const line = `{"level":"${level}"}\n`;
      buffer.write(info('a'));
      await turn();
      buffer.write(info('b'));
      buffer.write(line);
      await turn();
      expect(writes).to.deep.equal([info('a'), info('b') + line]);
    }
  });

  it('that are many gather no longer', async () => {
    const { buffer, writes } = collected(Infinity);
    buffer.write(info('a'));
    await turn();
    writes.length = 0;
    const lines = Array.from({ length: 40 }, () => info('x'.repeat(1024)));
    for (const line of lines) buffer.write(line);
    await turn();
    expect(writes.join('')).to.equal(lines.join(''));
  });

  it('are written in whole lines of at most a size, in order', async () => {
    const { buffer, writes } = collected(6);
    for (const line of ['aa\n', 'bb\n', 'c\n', 'long line\n', 'd\n']) buffer.write(line);
    await turn();
    expect(writes).to.deep.equal(['aa\nbb\n', 'c\n', 'long line\n', 'd\n']);
  });

  it('are written before a flush is done', () => {
    const { buffer, writes, flushes } = collected(Infinity);
    buffer.write('a\n');
    let done = false;
    buffer.flush(() => (done = true));
    expect(writes).to.deep.equal(['a\n']);
    expect({ done, flushes: flushes() }).to.deep.equal({ done: true, flushes: 1 });
  });

  it('say when they were written, each its own millisecond', async () => {
    const lines: string[] = [];
    const logger = createLogger({ stream: { write: (line) => void lines.push(line) } });
    const before = Date.now();
    logger.info('one');
    await gathered();
    const between = Date.now();
    logger.info('two');
    logger.info('three');
    const [one, two, three] = lines.map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
    expect(one).to.be.within(before, between - 1);
    expect(two).to.be.within(between, Date.now());
    expect(three).to.be.within(two as number, Date.now());
  });
});
