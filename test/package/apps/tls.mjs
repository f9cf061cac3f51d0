import { ModelHost } from 'node-libtorch';
import { createServer } from 'node-libtorch/server';

const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
const files = { tlsCert: 'cert.pem', tlsKey: 'key.pem', tlsCa: process.argv[2] };
const { port, grpcPort } = await createServer({ host, port: 0, grpcPort: 0, logger: false, ...files });
console.log(JSON.stringify({ port, grpcPort }));
