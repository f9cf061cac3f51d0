import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';

const script = `
import fcntl, os, pty, struct, sys, termios
columns = int(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`;

/** Node has no pseudo terminals. */
export const hasPty = spawnSync('python3', ['-c', 'import pty, termios'], { stdio: 'ignore' }).status === 0;

/** Runs a program on a terminal of so many columns; `screen` is all that it wrote there. */
export async function onTerminal(
  columns: number,
  [program, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; screen: string }> {
  const child = spawn('python3', ['-c', script, String(columns), program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DEBUG: '', ...env },
  });
  const status = new Promise<number | null>((resolve) => child.on('close', resolve));
  const screen = await text(child.stdout);
  return { status: await status, screen };
}

/** The lines that stay on a terminal: `\r` goes back to the start of a line, and ESC[K clears what follows. */
export function linesOn(screen: string): string[] {
  return screen.split('\n').map((line) => {
    let shown = '';
    for (const part of line.replace(/\r$/, '').split('\r')) {
      const [visible = '', rest] = part.split('\x1b[K');
      shown = rest === undefined ? visible + shown.slice(visible.length) : visible + rest;
    }
    return shown;
  });
}
