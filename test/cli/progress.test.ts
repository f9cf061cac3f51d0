import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { showing } from '#dist/cli/progress.js';
import { barLine } from '#dist/libtorch/fetch/progress.js';

/** A terminal of some columns, or a pipe. */
function terminal(columns: number, isTTY = true) {
  const seen = { text: '' };
  const stream = { isTTY, columns, write: (text: string) => ((seen.text += text), true) };
  return { seen, stream: stream as unknown as NodeJS.WriteStream };
}

/** What a terminal shows after all: `\r` goes to the beginning of a line and ESC[K clears it. */
const last = (text: string): string => text.split('\r').at(-1)?.replace('\x1b[K', '') ?? '';

describe('progress', () => {
  it('shows a bar that grows, and nothing of it at the end', async () => {
    const { seen, stream } = terminal(60);
    const result = await showing(
      'Hashing model.pt',
      async ({ add }) => {
        add(50e6);
        await sleep(1250);
        add(50e6);
        await sleep(150);
        return 7;
      },
      { totalBytes: 100e6, stream },
    );
    expect(result).to.equal(7);
    const frames = seen.text.split('\r').slice(1);
    expect(frames[0]).to.match(/^Hashing model\.pt ━{12} {12} 50\/100 MB/);
    expect(frames.at(-2)).to.match(/━{24} 100\/100 MB/);
    expect(last(seen.text)).to.equal('');
    for (const frame of frames) expect(frame.replace('\x1b[K', '').length).to.be.below(60);
  });

  it('says what is done where the size is not known, and is gone after a failure too', async () => {
    const { seen, stream } = terminal(40);
    const task = showing(
      'Reading',
      async ({ step }) => {
        step('Trying the model in a process of its own, which takes long');
        await sleep(1250);
        throw new Error('no');
      },
      { stream },
    );
    expect(await task.catch((error: unknown) => (error as Error).message)).to.equal('no');
    const [, first = ''] = seen.text.split('\r');
    expect(first.slice(2)).to.equal('Trying the model in a process of… 1 s\x1b[K');
    expect(last(seen.text)).to.equal('');
  });

  it('shows nothing of what is quick, and nothing where there is no terminal', async () => {
    const quick = terminal(80);
    await showing('x', () => sleep(50), { stream: quick.stream });
    const pipe = terminal(80, false);
    await showing('x', () => sleep(1250), { stream: pipe.stream });
    expect([quick.seen.text, pipe.seen.text]).to.deep.equal(['', '']);
  });

  it('fits a bar into any width', () => {
    for (let width = 1; width <= 100; width++) {
      for (const [done, total] of [
        [0, 0],
        [1, 3],
        [9e9, 1e9],
        [5e8, 1e12],
      ] as const)
        expect(barLine('Extracting libtorch_cpu.so', done, total, width).length).to.be.below(Math.max(2, width));
    }
  });
});
