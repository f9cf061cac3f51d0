import { once } from 'node:events';
import { createInterface } from 'node:readline';

// Nothing is in front of it that has to notice its end.
const quiet = { NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' };

/** Starts a command that serves, on a free port, and waits until it is ready. */
export async function serve(sandbox, command, args, env = {}) {
  const child = sandbox.spawn(command, args, { env: { ...quiet, PORT: '0', ...env } });
  const ended = once(child, 'close');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const { msg, url: ready } = JSON.parse(line);
      if (msg === 'ready') resolve(ready);
    });
    ended.then(([status, signal]) => reject(new Error(`ended with ${status ?? signal}:\n${complaints}`)));
  });
  return {
    url,
    /** @param alone whether only the first process gets the signal, as from a supervisor; else its whole group */
    async stop({ alone = false } = {}) {
      process.kill(alone ? child.pid : -child.pid, 'SIGTERM');
      const [status, signal] = await ended;
      return { status, signal };
    },
  };
}
