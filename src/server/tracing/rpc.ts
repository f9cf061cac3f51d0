/** gRPC by the conventions for RPC: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
import type { Attributes, TextMapGetter } from '@opentelemetry/api';
import { statusCodes } from '../../protocol/grpc/status.js';
import { bounded, type SpanDescription, type SpanEnd } from './description.js';

interface Metadata {
  metadata(name: string): string | undefined;
}

const metadata: TextMapGetter<Metadata> = {
  keys: () => [],
  get: (carrier, key) => carrier.metadata(key.toLowerCase()),
};

/**
 * The span of a call.
 * @param path `/inference.GRPCInferenceService/ModelInfer`: one of those that this server has; `/_OTHER` for any other
 * @param client address of the connection's other end; undefined where it is not to be told
 */
export function describeRpc(call: Metadata, path: string, client: string | undefined): SpanDescription {
  const method = path.slice(1);
  const slash = method.indexOf('/');
  const agent = call.metadata('user-agent');
  const inner: Attributes = {
    'rpc.system.name': 'grpc',
    'rpc.method': method,
    // As they were called before 1.43 of the conventions, which many backends still know.
    'rpc.system': 'grpc',
    ...(slash > 0 && { 'rpc.service': method.slice(0, slash) }),
  };
  const attributes: Attributes = {
    ...inner,
    ...(client !== undefined && { 'client.address': client }),
    ...(agent !== undefined && { 'user_agent.original': bounded(agent, 256) }),
  };
  return { name: method, attributes, inner, carrier: call, getter: metadata };
}

const names = new Map<number, string>(Object.entries(statusCodes).map(([name, code]) => [code, name]));

/** Those that are a server's fault, by the conventions. */
const faults: ReadonlySet<number> = new Set([
  2, // UNKNOWN
  statusCodes.DEADLINE_EXCEEDED,
  statusCodes.UNIMPLEMENTED,
  statusCodes.INTERNAL,
  statusCodes.UNAVAILABLE,
  15, // DATA_LOSS
]);

/** The end of a call. @param status of gRPC @param code that it failed with */
export function endOfRpc(status: number, code: string | undefined): SpanEnd {
  const name = names.get(status) ?? String(status);
  return {
    attributes: { 'rpc.status_code': name, 'rpc.grpc.status_code': status },
    errorType: faults.has(status) ? (code ?? name) : undefined,
  };
}
