import type { Handler } from '../../http/exchange.js';
import { servedOf, targetOf } from '../target.js';
import { answer } from './metadata.js';

/** `GET /v2/models/:model/monitoring`: all versions of it that are watched, or the one that is named. */
export const monitoring: Handler = async (exchange, parameters) => {
  const { context, call } = exchange;
  const served = servedOf(context.host, parameters);
  call.about(served);
  const { name, version } = served;
  const all = await context.monitoring.reports(name);
  const isNamed = targetOf(parameters).version !== undefined;
  answer(exchange, 200, { models: isNamed ? all.filter((each) => each.version === version) : all });
};
