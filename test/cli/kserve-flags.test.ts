import { expect } from 'chai';
import { kserveFlags, withKserveFlags, type ServeFlags } from '#dist/cli/kserve-flags.js';
import { checkDocsTable } from '../support/docs-table.js';

type Given = Partial<Pick<ServeFlags, 'targets' | 'name'>> & Readonly<Record<string, unknown>>;

/** What is served and where, by our own arguments and flags and by KServe's. */
const wanted = (flags: Record<string, string>, { targets = [], name, ...overrides }: Given = {}): ServeFlags =>
  withKserveFlags({ targets, name, overrides }, flags);

describe("KServe's flags", () => {
  it('say what ours say', () => {
    const flags = { model_name: 'digits', model_dir: '/mnt/models', http_port: '8080', grpc_port: '9000' };
    expect(wanted(flags, { logLevel: 'warn' })).to.deep.equal({
      targets: ['/mnt/models'],
      name: 'digits',
      overrides: { logLevel: 'warn', port: '8080', grpcPort: '9000' },
    });
    expect(wanted({ model_path: 'model.pt' }).targets).to.deep.equal(['model.pt']);
  });

  it('change nothing where there are none', () => {
    const ours = { targets: ['a.pt', 'b.pt'], name: undefined, overrides: { port: '1', grpcPort: '2' } };
    expect(withKserveFlags(ours, { port: '1' })).to.deep.equal(ours);
  });

  it('make --port the port of gRPC beside a port of REST', () => {
    for (const rest of ['rest_port', 'http_port']) {
      expect(wanted({ [rest]: '8080' }, { port: '9000' }).overrides).to.deep.equal({ port: '8080', grpcPort: '9000' });
    }
  });

  it('make the same --port no other', () => {
    expect(wanted({ http_port: '8080' }, { port: '8080' }).overrides).to.deep.equal({ port: '8080' });
  });

  it('may repeat what is said already', () => {
    const flags = { model_name: 'digits', model_dir: '/m', model_path: '/m', rest_port: '80', http_port: '80' };
    expect(wanted(flags, { targets: ['/m'], name: 'digits' })).to.deep.equal({
      targets: ['/m'],
      name: 'digits',
      overrides: { port: '80' },
    });
  });

  const refused: [what: string, flags: Record<string, string>, given: Given, part: string][] = [
    ['two names', { model_name: 'a' }, { name: 'b' }, 'one name but received --name b and --model_name a'],
    [
      'two ports',
      { http_port: '1', rest_port: '2' },
      {},
      'one port of HTTP but received --http_port 1 and --rest_port 2',
    ],
    ['two ports of gRPC', { http_port: '1', grpc_port: '2' }, { port: '3' }, '--port 3 and --grpc_port 2'],
    [
      'two models',
      { model_dir: '/a' },
      { targets: ['/b'] },
      'one model but received the argument /b and --model_dir /a',
    ],
  ];
  for (const [what, flags, given, part] of refused) {
    it(`do not contradict ours: ${what}`, () =>
      expect(() => wanted(flags, given))
        .to.throw(part)
        .with.property('code', 'ERR_INVALID_ARGUMENT'));
  }

  it('are in docs/settings.md', () => {
    const rows = kserveFlags.map(({ flag, as }) => [`\`--${flag}\``, as.replace(/--[a-z-]+/g, '`$&`')]);
    checkDocsTable('settings.md', ['Flag of KServe', 'As'], rows);
  });
});
