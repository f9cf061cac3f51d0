import { createLogger, type Logger } from '#dist/monitoring/logging.js';

/** A logger whose lines are kept. */
export function keptLogger(level = 'trace'): {
  logger: Logger;
  text: () => string;
  lines: () => Record<string, unknown>[];
} {
  let text = '';
  const logger = createLogger({ level, stream: { write: (line) => void (text += line) } });
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, text: () => text, lines };
}
