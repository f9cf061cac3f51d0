import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { ServerMetrics } from '#dist/monitoring/metrics.js';
import { ServerCall, type CallOrigin } from '#dist/server/call.js';
import type { ServerContext } from '#dist/server/context.js';
import { Lifecycle } from '#dist/server/readiness.js';
import { rejection } from '../support/errors.js';
import { keptLogger } from '../support/server/logs.js';

describe('a call', () => {
  const started = (origin: Partial<CallOrigin> = {}, given?: object) => {
    const { logger, lines } = keptLogger();
    const lifecycle = new Lifecycle();
    const metrics = new ServerMetrics({ inFlight: () => lifecycle.inFlight });
    const context = { logger: given ?? logger, lifecycle, metrics } as unknown as ServerContext;
    const caller = { signal: new AbortController().signal };
    const call = new ServerCall(context, { id: 'one', method: 'POST', caller, ...origin });
    return { call, lines, lifecycle, metrics };
  };

  it('is in flight from its start to its end, and ends once', async () => {
    const { call, lines, lifecycle, metrics } = started();
    expect(lifecycle.inFlight).to.equal(1);
    call.route = '/some/:thing';
    call.note.rows = 3;
    call.end(200);
    call.end(500);
    expect(call.isOver).to.equal(true);
    expect(lifecycle.inFlight).to.equal(0);
    expect(lines()).to.have.length(1);
    expect(lines()[0]).to.include({ level: 'info', requestId: 'one', method: 'POST', status: 200, rows: 3 });
    expect(lines()[0]).to.include({ route: '/some/:thing' }).and.not.have.any.keys('code', 'err', 'aborted');
    const text = await metrics.text();
    expect(text).to.include(
      'node_libtorch_http_request_duration_seconds_count{route="/some/:thing",method="POST",status="200"} 1',
    );
    expect(text).to.not.include('node_libtorch_http_requests_rejected_total{');
  });

  it('logs and counts the code that it failed with', async () => {
    const { call, lines, metrics } = started();
    const error = torchError('ERR_MODEL_EXECUTION', 'it raised');
    expect(call.failed(error)).to.equal(error);
    expect(call.code).to.equal('ERR_MODEL_EXECUTION');
    call.end(500);
    expect(lines()[0]).to.include({ level: 'error', status: 500, code: 'ERR_MODEL_EXECUTION' });
    expect(lines()[0]).to.have.nested.property('err.message', 'it raised');
    expect(await metrics.text()).to.include('node_libtorch_http_requests_rejected_total{code="ERR_MODEL_EXECUTION"} 1');
  });

  it('puts no line together at a level that is off, and one for a logger that has no levels', () => {
    const asked: string[] = [];
    const written: string[] = [];
    const lines = { info: () => written.push('info'), error: () => written.push('error') };
    const levels = { isLevelEnabled: (level: string) => asked.push(level) > 0 && level === 'error' };
    const ended = (logger: object, status: number): void => {
      const { call } = started({}, logger);
      if (status === 500) call.failed(torchError('ERR_MODEL_EXECUTION', 'it raised'));
      call.end(status);
    };
    ended({ ...lines, ...levels }, 200);
    expect([asked, written]).to.deep.equal([['info'], []]);
    ended({ ...lines, ...levels }, 500);
    expect(written).to.deep.equal(['error']);
    ended(lines, 200);
    expect(written).to.deep.equal(['error', 'info']);
  });

  it('takes a passed deadline for no fault of the server: a client may give too little time', () => {
    const { call, lines } = started();
    call.failed(torchError('ERR_TIMEOUT', 'late'));
    call.end(504);
    expect(lines()[0]).to.include({ level: 'info', status: 504, code: 'ERR_TIMEOUT' }).and.not.have.key('err');
  });

  it('is counted for its token, else for its network; only a token is named in the log', () => {
    const { signal } = new AbortController();
    const clientOf = (address: string | undefined, id?: string) => {
      const { call, lines } = started({ caller: { signal, address } });
      Object.assign(call.context, { security: { authorize: () => id } });
      call.authorize(undefined, 'infer');
      call.end(200);
      expect(lines()[0]?.['tokenId']).to.equal(id);
      return call.client;
    };
    expect(clientOf('192.0.2.7')).to.equal('192.0.2.7');
    expect(clientOf('2001:db8::1')).to.equal(clientOf('2001:db8::2'));
    expect(clientOf('2001:db8::1')).not.to.equal(clientOf('2001:db8:0:1::1'));
    expect(clientOf(undefined)).to.equal('unknown');
    expect(clientOf('192.0.2.7', 'ci')).to.equal('ci');
  });

  it('tells a run its signal, its client and the time that is left', async () => {
    const { signal } = new AbortController();
    const { call } = started({ caller: { signal, address: '192.0.2.7' } });
    expect(call.limits()).to.deep.equal({ signal, client: '192.0.2.7', requestId: 'one' });
    call.limitTo(60_000);
    expect(call.limits().timeoutMs).to.be.within(1, 60_000);
    call.limitTo(0);
    await rejection(() => call.limits(), 'ERR_TIMEOUT');
  });

  it('says nothing about the text of a fault of its caller', () => {
    const { call, lines } = started();
    call.failed(torchError('ERR_OUT_OF_RANGE', 'received 0.123'));
    call.end(422);
    expect(lines()[0]).to.include({ level: 'info', status: 422, code: 'ERR_OUT_OF_RANGE' }).and.not.have.key('err');
  });

  it('takes an unknown failure as an internal one', () => {
    const { call } = started();
    expect(call.failed('a string').code).to.equal('ERR_INTERNAL');
  });

  it('marks a call whose caller left', () => {
    const { call, lines } = started();
    call.end(499);
    expect(lines()[0]).to.include({ level: 'info', status: 499, aborted: true });
  });

  it('has no deadline of its own, and one from its start where it is limited', async () => {
    const { call } = started();
    expect(call.timeLeft()).to.equal(Infinity);
    call.limitTo(60_000);
    expect(call.timeLeft()).to.be.within(1, 60_000);
    call.limitTo(0);
    await rejection(() => call.timeLeft(), 'ERR_TIMEOUT');
  });

  it('asks for the signal of its caller only when somebody wants it', () => {
    let asked = 0;
    const { signal } = new AbortController();
    const caller = {
      get signal() {
        asked++;
        return signal;
      },
    };
    const { call } = started({ caller });
    expect(asked).to.equal(0);
    expect(call.signal).to.equal(signal);
  });
});
