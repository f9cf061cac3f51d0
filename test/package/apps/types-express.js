// The server's app is mounted in an app of Express, with Express's own types.
import express from 'express';
import { ModelHost } from 'node-libtorch';
import { createApp } from 'node-libtorch/server';
const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
express().use('/ml', createApp({ host })).listen(0);
