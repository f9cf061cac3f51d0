/** Tries the addon and LibTorch in a child process, so that a bad binary crashes there instead of here. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { remedies } from './remedies.js';

export interface ProbeOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Limit in milliseconds. Default 60000: a cold disk reads half a gigabyte. */
  readonly timeoutMs?: number;
  /** The script that is run; its last line of output is the result. */
  readonly entry?: string;
}

export type ProbeResult =
  | {
      readonly ok: true;
      /** The LibTorch that the addon was compiled against; undefined if the addon does not load. */
      readonly torchVersion?: string;
      readonly addonPath: string;
      readonly libtorch: Readonly<Record<string, unknown>>;
      /** What LibTorch reports: CPU capability, devices, libraries. */
      readonly runtime: Readonly<Record<string, unknown>>;
      readonly milliseconds: number;
    }
  | {
      readonly ok: false;
      readonly torchVersion?: string;
      readonly code: string;
      readonly message: string;
      readonly signal?: string;
    };

const defaultEntry = fileURLToPath(new URL('./probe-entry.js', import.meta.url));

/** Runs the probe. Never rejects: a crash of the child is a result too. */
export function probe(options: ProbeOptions = {}): Promise<ProbeResult> {
  const { env = process.env, timeoutMs = 60_000, entry = defaultEntry } = options;
  const started = performance.now();
  return new Promise((resolve) => {
    const settings = { env, timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    execFile(process.execPath, [entry], settings, (error, stdout, stderr) => {
      const said = parse(stdout);
      if (error === null && said !== undefined) {
        const milliseconds = Math.round(performance.now() - started);
        resolve(said.ok ? { ...said, milliseconds } : said);
      } else if (error?.killed) {
        resolve(bad(`did not end within ${timeoutMs} ms`));
      } else if (error?.signal) {
        resolve({
          ...bad(`was ended by ${error.signal}${said?.ok ? ' after it had answered' : ''}${tail(stderr)}`),
          signal: error.signal,
        });
      } else {
        resolve(bad(`ended with exit code ${error?.code ?? 0} and no result${tail(stderr)}`));
      }
    });
  });
}

function bad(what: string): ProbeResult & { ok: false } {
  const message =
    `A process that tried the addon ${what}\n` +
    `  fix: if another LibTorch does the same (LIBTORCH=/path, or node-libtorch setup --cpu --verify), the addon is at fault:\n` +
    `       ${remedies.rebuild()}; node-libtorch doctor shows what is used`;
  return { ok: false, code: 'ERR_ADDON_LOAD', message };
}

function tail(stderr: string): string {
  const lines = stderr.trim().split('\n').slice(-3).join('\n  ');
  return lines === '' ? '' : `\n  ${lines}`;
}

function parse(stdout: string): ProbeResult | undefined {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ProbeResult;
  } catch {
    return undefined;
  }
}
