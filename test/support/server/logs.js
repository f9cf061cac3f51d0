import { createLogger } from '#dist/monitoring/logging.js';
/** A logger whose lines are kept. */
export function keptLogger(level = 'trace') {
    let text = '';
    const logger = createLogger({ level, stream: { write: (line) => void (text += line) } });
    const lines = () => text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    return { logger, text: () => text, lines };
}
