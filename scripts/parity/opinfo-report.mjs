// What is written of the comparison with PyTorch's operator samples: opinfo-report.json, and its section of docs/parity.md.

/** From the best to the worst: an operator has the worst kind of its samples. */
const kinds = ['equal', 'within', 'refused', 'differs', 'crashed'];

export function opinfoSummary(records, outcomes, { torch, tolerances }) {
  const samples = { equal: 0, within: 0, refused: 0, differs: 0, crashed: 0, notExported: 0 };
  const operators = { equal: [], within: {}, refused: {}, differs: {}, crashed: {}, notExported: {} };
  const core = { equal: 0, within: 0, refused: 0, differs: 0, crashed: 0, notExported: 0 };
  for (const { name, samples: made } of records) {
    let worst = -1;
    let said;
    for (const [i, sample] of made.entries()) {
      const outcome = outcomes.get(`${name} ${i}`) ?? { kind: 'notExported' };
      (sample.core ? core : samples)[outcome.kind] += 1;
      const rank = kinds.indexOf(outcome.kind);
      if (rank > worst || (rank === worst && outcome.error > said)) {
        worst = rank;
        said = outcome.error ?? outcome.why;
      }
    }
    if (worst < 0) (operators.notExported[made[0]?.skip ?? 'has no samples'] ??= []).push(name);
    else if (worst === 0) operators.equal.push(name);
    else operators[kinds[worst]][name] = typeof said === 'number' ? Number(said.toPrecision(2)) : said;
  }
  return { torch, tolerances, count: records.length, samples, core, operators };
}

const titles = {
  equal: 'equal in every bit',
  within: 'within the tolerance',
  refused: 'refused',
  differs: 'differ',
  crashed: 'end the process',
  notExported: 'not exported by PyTorch',
};

/** For docs/parity.md. */
export function opinfoSection({ torch, count, samples, core, operators }) {
  const number = (kind) =>
    (kind === 'notExported' ? Object.values(operators[kind]).flat() : Object.keys(operators[kind])).length;
  const rows = Object.entries(titles).map(
    ([kind, title]) => `| ${title} | ${number(kind)} | ${samples[kind]} | ${core[kind]} |`,
  );
  const list = (kind) =>
    Object.entries(operators[kind])
      .map(([name, said]) => `- \`${name}\`: ${text(kind === 'refused' ? refusal(said) : said)}`)
      .join('\n');
  const lists = ['refused', 'differs', 'crashed']
    .filter((kind) => number(kind) > 0)
    .map(
      (kind) =>
        `These ${kind === 'differs' ? 'differ' : kind === 'refused' ? 'are refused' : 'end the process'}:\n\n${list(kind)}\n`,
    );
  const reasons = Object.entries(operators.notExported).sort((a, b) => b[1].length - a[1].length);
  return `## PyTorch's own operator samples

\`npm run test:opinfo\` takes the ${count} entries of PyTorch ${torch}'s own operator tests (OpInfo), exports up to four samples of each with
\`torch.export\`, and one once more after \`run_decompositions()\`, runs the files with \`optimize: 'none'\` and compares every bit with what
\`ep.module()\` answers under \`torch.inference_mode()\` on one thread. Each entry has one dtype: float32, or int64, bool or complex64 where it
has no float32. Operators that draw random numbers draw the same ones from the same seed. [The report](../scripts/parity/opinfo-report.json)
has every name.

| | entries | samples | samples, decomposed |
| --- | --- | --- | --- |
${rows.join('\n')}

An entry counts as the worst of its samples.${
    number('within') > 0
      ? ` Within the tolerance: ${Object.entries(operators.within)
          .map(([name, error]) => `\`${name}\` ${error}`)
          .join(', ')}.`
      : ''
  }

${lists.join('\n')}
${number('notExported') > 0 ? `PyTorch does not export these:\n\n${reasons.map(([why, names]) => `- ${names.map((name) => `\`${name}\``).join(', ')}: ${text(why)}`).join('\n')}\n` : ''}`;
}

/** What an error of a load says of the operator. */
function refusal(said) {
  if (said.includes('which this process does not have')) return 'LibTorch does not have the operator that it calls';
  return /calls \S+ \((.+?)\), which/.exec(said)?.[1] ?? said;
}

function text(said) {
  return String(said).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ').slice(0, 240);
}
