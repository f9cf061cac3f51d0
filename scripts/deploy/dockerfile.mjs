/** Reads a Dockerfile: only the instructions that ours has, and the forms of them that ours uses. */
import { readFileSync } from 'node:fs';

/** How an instruction's words are read. An instruction that is not here is refused. */
const forms = {
  ARG: assignments,
  ENV: assignments,
  LABEL: assignments,
  FROM: from,
  WORKDIR: (text) => ({ path: text }),
  COPY: copy,
  RUN: (text) => (text.startsWith('[') ? { words: JSON.parse(text) } : { words: ['/bin/sh', '-c', text] }),
  USER: user,
  EXPOSE: (text) => ({ ports: text.split(/\s+/).map(Number) }),
  STOPSIGNAL: (text) => ({ signal: text }),
  HEALTHCHECK: healthCheck,
  ENTRYPOINT: exec,
  CMD: exec,
};

/**
 * The stages of a Dockerfile, each with its steps in order. Arguments before the first FROM are put in.
 * @param {string} path
 * @returns {{ image: string, name: string | undefined, steps: { instruction: string, line: number }[] }[]}
 * @throws an error that names the line
 */
export function readDockerfile(path) {
  const args = {};
  const stages = [];
  for (const { text, line } of instructions(readFileSync(path, 'utf8'))) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(text) ?? [];
    const instruction = word.toUpperCase();
    try {
      const form = forms[instruction];
      if (!form) throw new Error(`expected one of ${Object.keys(forms).join(', ')} but received ${word || text}`);
      const step = form(rest);
      if (instruction === 'FROM') stages.push({ image: filled(step.image, args), name: step.name, steps: [] });
      else if (stages.length === 0) Object.assign(args, step.values);
      else stages.at(-1).steps.push({ instruction, line, text, ...step });
    } catch (error) {
      throw new Error(`${path}:${line}: ${error.message}`, { cause: error });
    }
  }
  if (stages.length === 0) throw new Error(`${path}: expected a FROM`);
  return stages;
}

/** The last step of an instruction, as it counts. */
export const lastOf = (stage, instruction) => stage.steps.findLast((step) => step.instruction === instruction);

/** The values of all ENV of a stage. */
export const environmentOf = (stage) =>
  Object.assign({}, ...stage.steps.filter((step) => step.instruction === 'ENV').map((step) => step.values));

function* instructions(text) {
  let whole = '';
  let begun = 0;
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    if (whole === '') begun = i + 1;
    if (line.endsWith('\\')) whole += line.slice(0, -1);
    else {
      yield { text: `${whole}${line}`.trim(), line: begun };
      whole = '';
    }
  }
}

const filled = (text, args) => text.replace(/\$\{(\w+)\}/g, (_, name) => args[name] ?? '');

function assignments(text) {
  const pairs = [...text.matchAll(/([\w.]+)=("[^"]*"|\S*)/g)];
  if (pairs.length === 0) throw new Error('expected NAME=VALUE');
  return { values: Object.fromEntries(pairs.map(([, name, value]) => [name, value.replace(/^"(.*)"$/, '$1')])) };
}

function from(text) {
  const [, image, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(text) ?? [];
  if (!image) throw new Error('expected FROM IMAGE or FROM IMAGE AS NAME');
  return { image, name };
}

function copy(text) {
  const words = text.split(/\s+/);
  const flag = words[0].startsWith('--') ? words.shift() : undefined;
  if (flag && !flag.startsWith('--from=')) throw new Error(`expected --from=STAGE but received ${flag}`);
  if (words.length < 2) throw new Error('expected COPY FROM TO');
  return { stage: flag?.slice('--from='.length), sources: words.slice(0, -1), target: words.at(-1) };
}

function user(text) {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (!uid || uid === '0') throw new Error(`expected the numbers of a user that is not root but received ${text}`);
  return { uid: Number(uid), gid: Number(gid) };
}

function healthCheck(text) {
  const [, options, words] = /^((?:--\S+\s+)*)CMD\s+(\[.*\])$/s.exec(text) ?? [];
  if (!words) throw new Error('expected HEALTHCHECK … CMD ["program", …]');
  return { options: options.trim().split(/\s+/), words: JSON.parse(words) };
}

/** The form with brackets: the other one starts a shell, which keeps signals to itself. */
function exec(text) {
  if (!text.startsWith('[')) throw new Error(`expected the form ["program", …] but received ${text}`);
  return { words: JSON.parse(text) };
}
