import type { Server } from 'node:http';

/** The port of management, health and metrics. */
export interface AdminServer {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  readonly http: Server;
  /** Where management is answered over gRPC; undefined without `adminGrpcPort`. */
  readonly grpcPort: number | undefined;
}
