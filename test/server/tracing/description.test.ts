import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { describeHttp, endOfHttp } from '#dist/server/tracing/http.js';
import { describeRpc, endOfRpc } from '#dist/server/tracing/rpc.js';
import { toTime } from '#dist/server/tracing/time.js';

const asked = (host: string | undefined, more: object = {}): IncomingMessage =>
  ({
    method: 'GET',
    url: '/v2',
    httpVersion: '1.1',
    headers: { host },
    socket: {},
    ...more,
  }) as unknown as IncomingMessage;
const of = (host: string | undefined, more: object = {}) =>
  describeHttp(asked(host, more), '/v2', undefined).attributes;

describe('what a span says', () => {
  const hosts: [string | undefined, object][] = [
    ['example.com', { 'server.address': 'example.com', 'server.port': 80 }],
    ['example.com:8000', { 'server.address': 'example.com', 'server.port': 8000 }],
    ['[2001:db8::1]:8000', { 'server.address': '2001:db8::1', 'server.port': 8000 }],
    ['10.0.0.1', { 'server.address': '10.0.0.1', 'server.port': 80 }],
  ];
  for (const [host, expected] of hosts) {
    it(`names the server as its client called it: ${host}`, () => expect(of(host)).to.include(expected));
  }
  it('has the port of the scheme', () =>
    expect(of('a', { socket: { encrypted: true } })).to.include({ 'url.scheme': 'https', 'server.port': 443 }));
  for (const host of [undefined, '', 'a b', 'user@host', '<script>', 'a:b', 'a:123456', 'x'.repeat(300), '[::1']) {
    it(`leaves out what is no name: ${host?.slice(0, 20)}`, () =>
      expect(of(host)).not.to.have.any.keys('server.address', 'server.port'));
  }
  it('has no query, nor what is behind a fragment', () => {
    expect(of('a', { url: '/v2?a=b#c' })).to.include({ 'url.path': '/v2' });
    expect(of('a', { url: '/v2#c?a' })).to.include({ 'url.path': '/v2' });
    expect(of('a', { url: '/v2', originalUrl: '/ml/v2?a', baseUrl: '/ml' })).to.include({
      'url.path': '/ml/v2',
      'http.route': '/ml/v2',
    });
  });

  const ends: [number, string | undefined, string | undefined][] = [
    [200, undefined, undefined],
    [404, 'ERR_MODEL_NOT_FOUND', undefined],
    [429, 'ERR_RATE_LIMIT', undefined],
    [500, 'ERR_INTERNAL', 'ERR_INTERNAL'],
    [503, undefined, '503'],
    [499, undefined, 'aborted'],
  ];
  for (const [status, code, errorType] of ends) {
    it(`is an error of HTTP from 500 up, and where the client has gone: ${status}`, () =>
      expect(endOfHttp(status, code).errorType).to.equal(errorType));
  }
  const statuses: [number, string, boolean][] = [
    [0, 'OK', false],
    [1, 'CANCELLED', false],
    [2, '2', true],
    [3, 'INVALID_ARGUMENT', false],
    [4, 'DEADLINE_EXCEEDED', true],
    [5, 'NOT_FOUND', false],
    [7, 'PERMISSION_DENIED', false],
    [8, 'RESOURCE_EXHAUSTED', false],
    [12, 'UNIMPLEMENTED', true],
    [13, 'INTERNAL', true],
    [14, 'UNAVAILABLE', true],
    [15, '15', true],
    [16, 'UNAUTHENTICATED', false],
  ];
  for (const [status, name, isError] of statuses) {
    it(`is an error of gRPC where the conventions say so: ${name}`, () => {
      const { attributes, errorType } = endOfRpc(status, undefined);
      expect(attributes).to.deep.equal({ 'rpc.status_code': name, 'rpc.grpc.status_code': status });
      expect(errorType).to.equal(isError ? name : undefined);
    });
  }
  it('reads the metadata of a call whatever the case of its name', () => {
    const call = { metadata: (name: string) => (name === 'x-b3-traceid' ? 'it' : undefined) };
    const { carrier, getter } = describeRpc(call, '/a.B/C', undefined);
    expect(getter.get(carrier, 'X-B3-TraceId')).to.equal('it');
  });

  it('has times that agree with the clock, to the microsecond with each other', () => {
    const now = performance.now();
    const [seconds, nanos] = toTime(now);
    expect(seconds * 1000 + nanos / 1e6).to.be.closeTo(Date.now(), 20);
    const [later, more] = toTime(now + 0.25);
    expect((later - seconds) * 1e6 + (more - nanos) / 1e3).to.be.closeTo(250, 1);
    expect(toTime(now + 999.9999999)[1]).to.be.within(0, 999_999_999);
  });
});
