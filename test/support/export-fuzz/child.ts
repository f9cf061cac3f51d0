/**
 * Loads and runs changed files, one after the other: `node child.js SEED FROM TO`. Writes a line before each and one after it, so
 * that whoever reads them knows which one ended the process.
 */
import { readFileSync, writeSync } from 'node:fs';
import { loadModel, type Model } from 'node-libtorch';
import { recordedCases } from '../recorded.js';
import { fixture } from '../paths.js';
import { mutant } from './mutate.js';
import { Random } from './random.js';
import { entriesOfFile } from './files.js';

/** A run that takes longer is given up with its process: such a program may have no end. */
const patienceMs = 4000;

const [seed = 1, from = 0, to = 0] = process.argv.slice(2).map(Number);
const say = (...words: readonly (string | number)[]) => writeSync(1, `${words.join('\t')}\n`);
const codeOf = (error: unknown) => (error as { code?: string }).code ?? `${(error as Error).name} without code`;

const cases = recordedCases('export').filter(({ file }) => !file.startsWith('custom') && file !== 'slow.pt2');
const files = [...new Set(cases.map(({ file }) => file))];
const entries = new Map(files.map((file) => [file, entriesOfFile(readFileSync(fixture(`export/${file}`)))]));

async function run(model: Model, file: string): Promise<string> {
  const own = cases.find((recorded) => recorded.file === file)?.calls[0];
  const [args] = own?.ways(model.info.methods[0]?.args.map(({ name }) => name) ?? []) ?? [];
  await model.run(args as never);
  return 'answer';
}

async function outcome(bytes: Buffer, file: string, random: Random): Promise<string> {
  let model: Model;
  try {
    model = await loadModel(bytes, { engine: 'export', optimize: random.pick(['none', 'freeze', 'inference']) });
  } catch (error) {
    return `load ${codeOf(error)}`;
  }
  try {
    return await run(model, file);
  } catch (error) {
    return `run ${codeOf(error)}`;
  } finally {
    await model.dispose();
  }
}

for (let i = from; i < to; ++i) {
  const random = new Random(seed * 1_000_003 + i);
  const file = random.pick(files);
  const { bytes, done } = mutant(random, entries.get(file) ?? []);
  say('begin', i, file, done.replaceAll(/[\t\n]/g, ' ').slice(0, 400));
  const timer = setTimeout(() => {
    say('end', i, 'given up: no end');
    process.kill(process.pid, 'SIGKILL');
  }, patienceMs);
  say('end', i, await outcome(bytes, file, random));
  clearTimeout(timer);
}
say('done');
