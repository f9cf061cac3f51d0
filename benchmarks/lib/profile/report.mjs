// What `npm run profile` prints of one path. All times are microseconds a request.

import { textTable } from '../table.mjs';

const us = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Lines up to `top`, and one more for the rest. */
function topOf(lines, top, rest) {
  const left = lines.slice(top);
  return left.length === 0 ? lines : [...lines.slice(0, top), rest(left)];
}

const members = ['cpuNs', 'waitNs', 'voluntary', 'involuntary'];

/** The sum of these lines, under one name. */
function sumOf(name, lines) {
  const sums = members.map((key) => [key, lines.reduce((sum, line) => sum + line[key], 0)]);
  return { name, ...Object.fromEntries(sums) };
}

function threadLines({ calls, threads }) {
  const each = (value) => value / calls;
  const line = ({ name, cpuNs, waitNs, voluntary, involuntary }) => [
    ...[name, us(each(cpuNs / 1000)), us(each(waitNs / 1000))],
    ...[each(voluntary), each(involuntary)].map((value) => value.toFixed(2)),
  ];
  const names = [...new Set(threads.map(({ name }) => name))];
  const named = names.map((name) =>
    sumOf(
      name,
      threads.filter((thread) => thread.name === name),
    ),
  );
  const heading = ['thread', 'CPU µs', 'waits for a core µs', 'switches: waits', 'switches: pre-empted'];
  return textTable([heading, ...[...named, sumOf('all', threads)].map(line)]);
}

function jsTables({ calls, groups, functions }, top) {
  const all = groups.reduce((sum, { self }) => sum + self, 0);
  const groupRows = topOf(
    groups.filter(({ self }) => self > 0).map(({ name, self }) => [name, us(self / calls), percent(self / all)]),
    20,
    (left) => [`${left.length} others`, us(left.reduce((sum, [, value]) => sum + Number(value), 0)), ''],
  );
  const idle = ({ group }) => group === 'idle' || group === 'root';
  const rows = (sorted) =>
    sorted
      .filter((each) => !idle(each))
      .slice(0, top)
      .map(({ name, place, group, self, total }) => [
        cut(name, 44),
        cut(place || group, 60),
        us(self / calls),
        us(total / calls),
      ]);
  const heading = ['function', 'where', 'self µs', 'total µs'];
  const ours = functions.filter(({ group }) => group.startsWith('src/')).toSorted((a, b) => b.total - a.total);
  return [
    `JavaScript of the event loop, by room (${calls} requests)\n${textTable([['room', 'self µs', 'share'], ...groupRows])}`,
    `JavaScript, by self time\n${textTable([heading, ...rows(functions)])}`,
    `our functions, by total time\n${textTable([heading, ...rows(ours)])}`,
  ];
}

function perfTables({ missing, samples, lines, calls }, { threads, cpuUs }, top) {
  if (missing) return [`native: not measured: ${missing}`];
  // Samples become time by what the kernel said that a request costs with nothing attached.
  const time = (count) => (count / samples) * cpuUs;
  const nameOf = (thread) => threads.find((each) => each.thread === thread)?.name ?? 'other threads';
  const sums = (keyOf) => {
    const found = new Map();
    for (const line of lines) found.set(keyOf(line), (found.get(keyOf(line)) ?? 0) + line.count);
    return [...found].sort((a, b) => b[1] - a[1]);
  };
  const row = (count) => [us(time(count)), percent(count / samples)];
  const split = (key) => key.split('\t');
  const libraries = sums(({ thread, library }) => `${nameOf(thread)}\t${library}`).map(([key, count]) => [
    ...split(key),
    ...row(count),
  ]);
  const symbolOf = ({ library, symbol }) =>
    library === 'JavaScript, compiled' ? symbol.replace(/^(?:JS:)?[*^~+]*/, '') : symbol;
  const symbols = sums((line) => `${nameOf(line.thread)}\t${line.library}\t${symbolOf(line)}`)
    .slice(0, 2 * top)
    .map(([key, count]) => {
      const [thread, library, symbol] = split(key);
      return [cut(symbol, 70), library, thread, ...row(count)];
    });
  return [
    `native, by library (${samples} samples, ${calls} requests)\n${textTable([['thread', 'library', 'µs', 'share'], ...libraries.filter((each) => each[3] !== '0.0 %')])}`,
    `native, by symbol\n${textTable([['symbol', 'library', 'thread', 'µs', 'share'], ...symbols])}`,
  ];
}

function systemTable({ missing, calls, ...found }, requests) {
  if (missing) return `system calls: not measured: ${missing}`;
  const rows = [...found.byName]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => [name, (count / requests).toFixed(2)]);
  return `system calls a request (${calls} requests, slowed by strace)\n${textTable([['call', 'a request'], ...rows.slice(0, 12)])}`;
}

export function report({ title, plain, js, perf, system }, top) {
  const head =
    `=== ${title}: ${Math.round(plain.perSecond)} a second, p50 ${us(plain.p50Ms * 1000)} µs, p99 ${us(plain.p99Ms * 1000)} µs, ` +
    `CPU ${us(plain.cpuUs)} µs a request`;
  const parts = [
    head,
    threadLines(plain),
    ...jsTables(js, top),
    ...perfTables(perf, plain, top),
    systemTable(system, system.calls),
  ];
  return `${parts.join('\n\n')}\n`;
}
