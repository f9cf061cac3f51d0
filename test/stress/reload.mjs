/**
 * `serve` at half of its capacity while its model is reloaded: half-load.mjs says what is asked of it. 60 s and 20 reloads by
 * default. Options: those of half-load.mjs. Exit code 1 when something is not right.
 */
import { atHalfLoad, givenOptions, serve } from './half-load.mjs';

const options = givenOptions();
const server = await serve(options, ['mnist-mlp']);
await atHalfLoad(server, options, 'reloads', async () => {
  const answer = await fetch(`${server.adminUrl}/v2/repository/models/mnist-mlp/load`, { method: 'POST' });
  await answer.text();
  return answer.status === 200 ? undefined : `load ${answer.status}`;
});
