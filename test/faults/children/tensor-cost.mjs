// What Tensor.from of a million numbers costs beside a copy of them, in a process whose code nothing else has warmed up otherwise.
import { Tensor } from 'node-libtorch';

const numbers = Array.from({ length: 1_000_000 }, (_, i) => i / 3);
/** Processor time, of several: the clock of a process has steps of ten milliseconds. */
const cost = (action) => {
  const before = process.cpuUsage();
  for (let i = 0; i < 8; ++i) action();
  return process.cpuUsage(before).user;
};
const least = (action) => Math.min(cost(action), cost(action), cost(action));
const copy = least(() => Float32Array.from(numbers));
process.stdout.write(JSON.stringify({ copy, from: least(() => Tensor.from(numbers)) }));
