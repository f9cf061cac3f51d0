import { engineTable } from '../../engines/index.js';
import { describeSpec } from '../../signature/spec.js';
import { labelsOf, pipelineOf } from '../../tasks/kinds/index.js';
import type { ModelRecord } from '../model-record.js';
import { calibratedText, countedText } from './statistics.js';
import { admissionBlocks } from './admission.js';
import type { Block, Cell, Fact, Section } from './blocks.js';
import { metricsOf, type Metric } from './metrics.js';
import { openMembers } from './open-members.js';
import { withoutPassword } from './references.js';

/**
 * What a card says of a version, in no format yet. Every format is made from it, and `registry show` may print it: what
 * nobody stated is undefined in it, and never made up.
 */
export interface CardContent {
  /** `name version` */
  readonly title: string;
  readonly summary: string | undefined;
  /** In the order in which people read them. */
  readonly sections: readonly Section[];
  /** The numbers of the evaluation. */
  readonly metrics: readonly Metric[];
  /** How Hugging Face calls the task; undefined where the record does not say what goes in. */
  readonly pipeline: string | undefined;
  /** Of Hugging Face: the library that the artifact is for. */
  readonly library: string;
  /** Sentences on what the artifact is not good for: stated ones, then those that admission found. */
  readonly limits: readonly string[];
}

/** Labels that a card names; it says how many there are in all. */
const mostLabels = 50;
/** Files beside the artifact, likewise. */
const mostSidecars = 50;

export function contentOf(record: ModelRecord): CardContent {
  const { name, version, description, intendedUse, limitations, license, admission } = record;
  return {
    title: `${name} ${version}`,
    summary: description,
    sections: sections([
      { title: 'What it is', blocks: [facts(identity(record))] },
      {
        title: 'Inputs and outputs',
        blocks: [tensors('inputs', record), tensors('outputs', record), ...taskBlocks(record)],
      },
      { title: 'Artifact', blocks: artifact(record) },
      { title: 'Training data', blocks: [...training(record), ...counted(record)] },
      { title: 'Evaluation', blocks: orNotStated(openMembers(record.metrics)) },
      { title: 'Intended use', blocks: [{ kind: 'prose', text: intendedUse }] },
      { title: 'Limits', blocks: [{ kind: 'prose', text: limitations }] },
      { title: 'Admission', blocks: admissionBlocks(admission) },
      { title: 'Provenance', blocks: [facts(provenance(record)), ...openMembers(record.framework)] },
      { title: 'Licence', blocks: [{ kind: 'facts', facts: [{ name: 'Licence', value: license }] }] },
    ]),
    metrics: metricsOf(record),
    pipeline: pipelineOf(record.task, record.signature),
    library: engineTable[record.engine].hubLibrary,
    limits: [...(limitations === undefined ? [] : [limitations]), ...(admission?.warnings ?? [])],
  };
}

/** Facts that follow each other are one list. */
function sections(list: readonly Section[]): Section[] {
  return list.map(({ title, blocks }) => {
    const merged: Block[] = [];
    for (const block of blocks) {
      const last = merged.at(-1);
      if (block.kind !== 'facts' || last?.kind !== 'facts') merged.push(block);
      else merged[merged.length - 1] = facts([...last.facts, ...block.facts]);
    }
    return { title, blocks: merged };
  });
}

function identity({ name, version, engine, task }: ModelRecord): Fact[] {
  return [
    { name: 'Name', value: name, isCode: true },
    { name: 'Version', value: version, isCode: true },
    { name: 'Task', value: task.type },
    { name: 'Engine', value: `${engine}, with ${engineTable[engine].needs}` },
  ];
}

function tensors(side: 'inputs' | 'outputs', { signature }: ModelRecord): Block {
  return {
    kind: 'table',
    columns: [side === 'inputs' ? 'input' : 'output', 'what it is'],
    codeColumns: [0, 1],
    rows: signature[side].map((spec) => [spec.name, describeSpec(spec)]),
  };
}

/** What the outputs mean, and how an image becomes an input. */
function taskBlocks({ task }: ModelRecord): Block[] {
  const labels = labelsOf(task);
  const { image, ...rest } = task as unknown as Record<string, unknown>;
  const own = Object.entries(rest).filter(([key]) => key !== 'type' && key !== 'labels');
  const stated: Fact[] = own.map(([name, value]) => ({ name: `Task: ${name}`, value: value as Cell }));
  if (labels) stated.push({ name: 'Labels', value: listOf(labels), most: mostLabels * 80 });
  if (image !== undefined) stated.push({ name: 'Images', value: JSON.stringify(image), isCode: true });
  return stated.length > 0 ? [facts(stated)] : [];
}

function listOf(labels: readonly string[]): string {
  const more = labels.length - mostLabels;
  const shown = labels.slice(0, mostLabels).map((label) => (label.length > 60 ? `${label.slice(0, 57)}…` : label));
  const list = shown.join(', ');
  return more > 0 ? `${labels.length}: ${list}, and ${more} more` : `${labels.length}: ${list}`;
}

function artifact({ artifact }: ModelRecord): Block[] {
  const { file, bytes, sha256, sidecars = [] } = artifact;
  const own: Block = facts([
    { name: 'File', value: file, isCode: true },
    { name: 'Bytes', value: bytes },
    { name: 'SHA-256', value: sha256, isCode: true },
  ]);
  if (sidecars.length === 0) return [own];
  const rows = sidecars.slice(0, mostSidecars).map((one) => [one.file, one.bytes, one.sha256]);
  const more = sidecars.length - rows.length;
  const caption = 'files beside it, which hold its weights';
  return [own, { kind: 'table', caption, columns: ['file', 'bytes', 'SHA-256'], codeColumns: [0, 2], rows, more }];
}

/** What monitoring compares with. */
function counted({ trainingStatistics }: ModelRecord): readonly Block[] {
  if (!trainingStatistics) return [];
  return [
    facts([
      { name: 'Counted for monitoring', value: countedText(trainingStatistics) },
      { name: 'Confidences', value: calibratedText(trainingStatistics) },
    ]),
  ];
}

function training({ training }: ModelRecord): readonly Block[] {
  if (!training) return orNotStated([]);
  const { dataset, datasetSha256, seed, split, ...others } = training;
  return [
    facts([
      { name: 'Dataset', value: dataset },
      { name: 'SHA-256 of the dataset', value: datasetSha256, isCode: true },
      { name: 'Seed', value: seed },
      {
        name: 'Split',
        value:
          split &&
          Object.entries(split)
            .map(([part, count]) => `${part} ${count}`)
            .join(', '),
      },
    ]),
    ...openMembers(others),
  ];
}

function provenance({ sourceCommit, source = {}, created }: ModelRecord): Fact[] {
  return [
    { name: 'Made from commit', value: sourceCommit, isCode: true },
    { name: 'Fetched from', value: withoutPassword(source.repository ?? source.url), isCode: true },
    { name: 'Revision there', value: source.revision, isCode: true },
    { name: 'File there', value: source.file, isCode: true },
    { name: 'Recorded', value: created },
  ];
}

const facts = (list: readonly Fact[]): Block => ({ kind: 'facts', facts: list });

function orNotStated(blocks: readonly Block[]): readonly Block[] {
  return blocks.length > 0 ? blocks : [{ kind: 'prose', text: undefined }];
}
