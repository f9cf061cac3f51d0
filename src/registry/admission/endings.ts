/** What is said of a process that ended without an answer. */
import { torchError, type TorchError } from '../../errors.js';

/** How it ended. */
export type Ending =
  | { readonly by: 'signal'; readonly signal: string }
  | { readonly by: 'exit'; readonly code: number }
  | { readonly by: 'time'; readonly milliseconds: number }
  | { readonly by: 'memory'; readonly bytes: number };

const exportAgain =
  'do not serve it, for it would end the server in the same way; export it again, with the release of PyTorch that this package has';

/** THE TABLE of signals that native code ends by. */
const signals: Readonly<Record<string, readonly [what: string, advice: string]>> = {
  SIGSEGV: ['an invalid access to memory', exportAgain],
  SIGBUS: ['an invalid access to memory, as of a file that was cut off', exportAgain],
  SIGFPE: ['a division of integers by 0', 'guard the division in the model, or give an example without zeros'],
  SIGILL: ['an instruction that this CPU does not have', 'export it on a machine like this one'],
  SIGABRT: ['an abort of native code', exportAgain],
  SIGXFSZ: ['a file larger than it may write', 'a model has no reason to write files: read its code before you use it'],
  SIGSYS: ['a system call that is not allowed', 'read its code before you use it'],
  SIGKILL: [
    'somebody else, which is mostly the system for want of memory',
    'free some memory, or admit it on a larger machine',
  ],
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function said(ending: Ending): readonly [what: string, advice: string] {
  switch (ending.by) {
    case 'signal': {
      const [what, advice] = signals[ending.signal] ?? ['a signal', exportAgain];
      return [`the process that tried it was ended by ${ending.signal} (${what})`, advice];
    }
    case 'exit':
      return [`the process that tried it ended with exit code ${ending.code}`, exportAgain];
    case 'time':
      return [
        `it was not done within ${ending.milliseconds} ms and was ended`,
        'give it more time (--time-limit, or admission: { timeoutMs }), a smaller example, or fewer rows (batchSizes)',
      ];
    case 'memory':
      return [
        `it took more than ${megabytes(ending.bytes)} of memory and was ended`,
        'allow it more (--memory-limit, or admission: { memoryBytes }), or give a smaller example',
      ];
  }
}

/** What it was at when it ended. */
const activities = { start: 'it was started', load: 'it was loaded', run: 'it ran' } as const;

/**
 * @param output what the process wrote last
 * @returns ERR_ADMISSION
 */
export function notAdmitted(
  file: string,
  ending: Ending,
  stage: keyof typeof activities,
  output: string,
  timeoutMs: number,
): TorchError {
  const [what, advice] = said(ending);
  const wrote = output === '' ? '' : `\n  it wrote: ${output}`;
  return torchError(
    'ERR_ADMISSION',
    `Expected ${file} to load and run in a process of its own within ${timeoutMs} ms, but while ${activities[stage]} ${what}; ${advice}${wrote}`,
  );
}

/** The end of a text, in which nothing moves a terminal's cursor or ends a line of a log. */
export function escaped(text: string, most: number): string {
  const trimmed = text.trimEnd();
  const cut = trimmed.length > most ? `…${trimmed.slice(-most)}` : trimmed;
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
