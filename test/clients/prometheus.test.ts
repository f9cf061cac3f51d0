/**
 * A real Prometheus scrapes a server with two workers, with the configuration of deploy/prometheus, and every query of the
 * dashboard and of the rules finds something: what has no number here would have none anywhere.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { DigitRegistry, digits } from '../support/digit-registry.js';
import { dashboardPath, namesIn, queriesOf, readDashboard } from '../support/monitoring/dashboard.js';
import { heldOutDigits, inverted } from '../support/monitoring/held-out.js';
import { Prometheus, type Result } from '../support/monitoring/prometheus.js';
import { root } from '../support/paths.js';
import { serveProcess, type LoggingProcess } from '../support/server/serve-process.js';

const run = promisify(execFile);

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly type: 'alerting' | 'recording';
  readonly health: string;
  readonly lastError?: string;
}

/** A query with what the variables at the top of the dashboard stand for. */
const filledIn = (expr: string) =>
  expr.replace(/\$(?:instance|model|version)\b/g, '.*').replaceAll('$__rate_interval', '30s');

const isNumber = ({ value }: Result) => Number.isFinite(Number(value[1]));

/** Tries again until nothing is left, for so long. @returns what is left */
async function leftAfter<T>(seconds: number, all: readonly T[], isDone: (each: T) => Promise<boolean>): Promise<T[]> {
  const end = Date.now() + seconds * 1000;
  for (let left = [...all]; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const done = await Promise.all(left.map((each) => isDone(each).catch(() => false)));
    left = left.filter((_, i) => !done[i]);
    if (left.length === 0 || Date.now() > end) return left;
  }
}

const until = async (what: string, holds: () => Promise<boolean>) => {
  expect(await leftAfter(40, [what], holds)).to.deep.equal([]);
};

describe('Prometheus and a server', function () {
  this.timeout(240_000);
  let registry: DigitRegistry;
  let server: LoggingProcess;
  let prometheus: Prometheus;
  let url: string;
  let admin: string;
  let traffic: ReturnType<typeof setInterval>;

  const json = { 'content-type': 'application/json', connection: 'close' };
  const send = (to: string, body: string | Buffer, { method = 'POST', headers = json } = {}) =>
    fetch(to, { method, headers, body: new Uint8Array(Buffer.from(body)) });
  const status = async (...request: Parameters<typeof send>) => (await send(...request)).status;
  const raw = { ...json, 'content-type': 'application/octet-stream' };
  let haveChanged = false;

  const canary = (limits: object) =>
    status(`${admin}/admin/models/${digits}/canary`, JSON.stringify({ version: 'v2.0', ...limits }), { method: 'PUT' });

  /** Real digits in calls that can share runs, the labels of some, and calls that are wrong. */
  async function callAll(): Promise<void> {
    await Promise.all([
      ...Array.from({ length: 5 }, async (_, i) => {
        const { body, labels } = heldOutDigits(6);
        const answer = await send(`${url}/predict`, haveChanged ? inverted(body) : body, { headers: raw });
        const request_id = answer.headers.get('x-request-id');
        if (i === 0) await send(`${url}/feedback`, JSON.stringify({ request_id, label: labels }));
      }),
      send(`${url}/predict`, '{'),
      send(`${url}/v2/models/${digits}/infer`, '{}'),
    ]);
  }

  before(async () => {
    registry = await DigitRegistry.make('v1.0', 'v2.0');
    await (await registry.open()).setAlias(digits, 'champion', 'v1.0');
    // A version that is no model.
    registry.put('v9.0', Buffer.from('no model'));
    server = serveProcess([
      ...[`${digits}@v1.0`, '--registry', registry.registryDir, '--models', registry.modelsDir],
      ...['--workers', '2', '--admin-port', '0', '--target-p95-ms', '500', '--check-rows', '2'],
      ...['--drift-window-rows', '200', '--drift-window-seconds', '1', '--drift-window-max-seconds', '60'],
    ]);
    await server.seen('worker ready', 2);
    url = await server.url();
    admin = String(server.of('listening for administrators')[0]?.['adminUrl']);
    prometheus = await Prometheus.start(new URL(url).host);
    await until('Prometheus has seen the server', async () => (await prometheus.ask('up == 1')).length > 0);
    traffic = setInterval(() => void callAll().catch(() => undefined), 250);

    expect(await status(`${admin}/admin/models/${digits}@v9.0/load`, '{}')).to.be.above(399);
    expect(await status(`${admin}/admin/models/${digits}@v2.0/load`, '{}')).to.equal(200);
    expect(await canary({ share: 0.3 })).to.equal(200);
    await until('rows were checked', async () => {
      const text = await (await fetch(`${url}/metrics`, { headers: json })).text();
      return /^node_libtorch_batch_row_checks_total\{/m.test(text);
    });
    process.kill(server.workers[0] ?? 0, 'SIGKILL');
    await server.seen('worker ready', 3);
  });
  after(async () => {
    clearInterval(traffic);
    await prometheus?.stop();
    server?.child.kill('SIGKILL');
    await server?.ended;
    registry?.remove();
  });

  it('takes the rules as they are', async () => {
    const { groups } = await prometheus.get<{ groups: { rules: Rule[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).to.be.above(25);
    await until('all were evaluated', async () => {
      const now = await prometheus.get<{ groups: { rules: Rule[] }[] }>('rules');
      return now.groups.every((group) => group.rules.every(({ health }) => health === 'ok'));
    });
  });

  it('finds a number for every query of the dashboard', async () => {
    const all = queriesOf(readDashboard());
    const find = async ({ expr }: (typeof all)[number]) => (await prometheus.ask(filledIn(expr))).some(isNumber);
    let left = await leftAfter(60, all, async (query) => /rollbacks/.test(query.expr) || (await find(query)));
    // No run is as fast as this canary must be now: it is rolled back.
    expect(await canary({ share: 0.9, maxLatencyMs: 0.01 })).to.equal(200);
    left = [
      ...left,
      ...(await leftAfter(
        60,
        all.filter(({ expr }) => /rollbacks/.test(expr)),
        find,
      )),
    ];
    expect(left.map(({ row, panel, expr }) => `${row}: ${panel}: ${expr}`)).to.deep.equal([]);
  });

  it('finds something to choose for every variable of the dashboard', async () => {
    for (const { type, query } of readDashboard().templating.list) {
      if (type !== 'query') continue;
      const { query: text } = query as { query: string };
      const [, metric = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
      const found = await prometheus.ask(`count by (${label}) (${filledIn(metric)})`);
      expect(found.map(({ metric: labels }) => labels[label]?.length ?? 0)).to.satisfy(
        (lengths: number[]) => lengths.length > 0 && lengths.every((length) => length > 0),
      );
    }
  });

  it('finds everything that the rules are made of', async () => {
    const { groups } = await prometheus.get<{ groups: { rules: Rule[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    const names = [...new Set(rules.flatMap(({ query }) => namesIn(query)))];
    // Nothing is in quarantine, and nothing was refused for lack of room: their names are known all the same.
    const metadata = await prometheus.get<Record<string, unknown>>('metadata');
    const left = await leftAfter(30, names, async (name) => {
      if ((await prometheus.ask(`count(${name})`)).length > 0) return true;
      return ['node_libtorch_model_quarantined'].includes(name) && name in metadata;
    });
    expect(left).to.deep.equal([]);
    const recorded = rules.filter(({ type }) => type === 'recording').map(({ name }) => name);
    expect(await leftAfter(30, recorded, async (name) => (await prometheus.ask(name)).some(isNumber))).to.deep.equal(
      [],
    );
  });

  it('fires for what has happened, and not for what is well', async () => {
    haveChanged = true;
    const fire = ['WorkerRestarts', 'ModelLoadFailed', 'CanaryRolledBack', 'Drift', 'NotCalibrated'];
    const firing = async () =>
      (await prometheus.ask('ALERTS{alertstate="firing"}')).map(({ metric }) => metric['alertname']);
    const left = await leftAfter(60, fire, async (name) => (await firing()).includes(`NodeLibtorch${name}`));
    expect(left).to.deep.equal([]);
    for (const name of ['InstanceDown', 'ModelStuck', 'HighMemory', 'QueueSaturated', 'ModelFailures']) {
      expect(await firing()).to.not.include(`NodeLibtorch${name}`);
    }
  });

  it('counts what workers that have ended had counted', async () => {
    const drops = await prometheus.ask('max(resets(node_libtorch_http_requests_rejected_total[2m]))');
    expect(drops.map(({ value }) => value[1])).to.deep.equal(['0']);
  });
});

describe("Grafana's schema", function () {
  this.timeout(240_000);

  /** Its generated types are a module of Go. */
  it('takes the dashboard', async function () {
    const cwd = `${root}scripts/dashboard/schema`;
    const hasGo = await run('go', ['version']).then(
      () => true,
      () => false,
    );
    if (!hasGo) this.skip(); // Go is in no package that these tests install
    const { stdout } = await run('go', ['run', '.', dashboardPath], { cwd });
    expect(Number(/^(\d+) panels$/m.exec(stdout)?.[1])).to.equal(readDashboard().panels.length);
  });
});
