import { Agent, request } from 'node:http';
import { digitBody } from './serve-process.js';

export interface Answer<T> {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

interface Asked {
  readonly body?: object | Buffer | undefined;
  readonly agent?: Agent | false;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request; the body of the answer is JSON, or nothing. */
export function askJson<T = unknown>(
  port: number,
  method: string,
  path: string,
  { body, agent = false, headers: more = {} }: Asked = {},
): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = {
      ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      ...more,
    };
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode: status, headers: got } = answer;
        resolve({ status, headers: got, body: (text === '' ? undefined : JSON.parse(text)) as T });
      });
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

/** Constant traffic by an alias and by no version, on connections that stay open and on such that do not. */
export class Traffic {
  readonly #failed: string[] = [];
  readonly #versions = new Set<string>();
  readonly #agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })];
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(port: number) {
    const [first, second] = this.#agents as [Agent, Agent];
    this.#clients = [
      this.#client(port, '/predict', first),
      this.#client(port, '/predict?model=mnist-mlp&model_version=champion', second),
      this.#client(port, '/predict?model=mnist-mlp%40champion', false),
    ];
  }

  /** Resolves with what came back that was no answer, and the versions that answered. */
  async end(): Promise<{ readonly failed: readonly string[]; readonly versions: ReadonlySet<string> }> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    for (const agent of this.#agents) agent.destroy();
    return { failed: this.#failed, versions: this.#versions };
  }

  async #client(port: number, path: string, agent: Agent | false): Promise<void> {
    while (!this.#isOver) {
      try {
        const { status, headers, body } = await askJson<object>(port, 'POST', path, { body: digitBody, agent });
        if (status === 200) this.#versions.add(String(headers['x-model-version']));
        else this.#failed.push(`${path} ${status} ${JSON.stringify(body)}`);
      } catch (error) {
        this.#failed.push(`${path} ${(error as Error).message}`);
      }
    }
  }
}
