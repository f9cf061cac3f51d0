import type { ModelRecord } from '../model-record.js';
import type { CardContent } from './content.js';
import { hubLicense, spdxOf } from './licenses.js';
import type { Metric } from './metrics.js';
import { line } from './text.js';
import { yaml } from './yaml.js';

/** `hf:org/model`, `org/model`, `hf:datasets/org/name` and the addresses of those pages. */
const hubPlace =
  /^(?:hf:|https:\/\/huggingface\.co\/)?(?:(?:models|datasets)\/)?((?:[A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*)$/;

/**
 * The metadata that Hugging Face reads at the top of a README.md, between its two lines. Only what the record states is in
 * it: no licence, no data set and no metric is made up.
 * Source: hub-docs `modelcard.md` and `huggingface_hub.repocard_data` (model_index_to_eval_results).
 */
export function frontMatter(record: ModelRecord, content: CardContent): string {
  const { license, source, training, engine, task, name } = record;
  const model = source?.repository?.startsWith('hf:') ? hubPlace.exec(source.repository)?.[1] : undefined;
  const dataset = training && hubPlace.exec(training.dataset)?.[1];
  const results = evaluations(record, content);
  return `---\n${yaml({
    ...(license !== undefined && licenseMembers(license)),
    library_name: content.library,
    ...(content.pipeline !== undefined && { pipeline_tag: content.pipeline }),
    tags: [...new Set([content.library, engine, task.type, 'node-libtorch'])],
    ...(model !== undefined && { base_model: model }),
    ...(dataset !== undefined && { datasets: [dataset] }),
    ...(results.length > 0 && {
      metrics: [...new Set(content.metrics.map(({ type }) => line(type)))],
      'model-index': [{ name, results }],
    }),
  })}---\n`;
}

/** The hub takes its own names of licences alone; any other one is `other`, with its name beside it. */
function licenseMembers(license: string): Record<string, string> {
  const known = hubLicense(license);
  return known === undefined
    ? { license: 'other', license_name: spdxOf(license) ?? line(license) }
    : { license: known };
}

/** One evaluation for each split. The forms of names that are not stated are those of the Trainer of transformers. */
function evaluations({ training, metrics, task }: ModelRecord, { metrics: all, pipeline }: CardContent) {
  const splits = [...new Set(all.map(({ split }) => split))];
  return splits.map((split) => {
    const stated = (metrics as Readonly<Record<string, unknown>> | undefined)?.dataset;
    // Metrics of a part of the training data are of that data set; whose the others are nobody said.
    const isPart = split !== undefined && training?.split?.[split] !== undefined;
    const dataset = typeof stated === 'string' && stated !== '' ? stated : isPart ? training?.dataset : undefined;
    return {
      task: { type: pipeline ?? task.type },
      dataset: {
        type: (dataset !== undefined && hubPlace.exec(dataset)?.[1]) || 'unknown',
        name: dataset === undefined ? 'not stated' : line(dataset),
        ...(split !== undefined && { split }),
      },
      metrics: all.filter((metric) => metric.split === split).map(evaluation),
    };
  });
}

function evaluation({ type, name, value }: Metric) {
  return { type: line(type), name: line(name), value };
}
