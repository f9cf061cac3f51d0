import { createHash } from 'node:crypto';
import { describeSpec, type TensorSpec } from '../../signature/spec.js';
import type { ModelRecord } from '../model-record.js';
import { calibratedText, countedText } from './statistics.js';
import type { CardContent } from './content.js';
import { isExpression, spdxOf } from './licenses.js';
import { externalReferences } from './references.js';
import { clean, line } from './text.js';

/**
 * An ML-BOM of one version, as CycloneDX 1.6 has it.
 * Source: https://cyclonedx.org/docs/1.6/json/ (component, modelCard), Apache-2.0.
 */
export function cyclonedx(record: ModelRecord, content: CardContent): object {
  const { name, version, created, artifact, admission } = record;
  const component = componentOf(record, content);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumber(`${name}@${version} ${artifact.sha256}`, component),
    version: 1,
    metadata: {
      timestamp: created,
      tools: {
        components: [
          { type: 'application', name: 'node-libtorch', ...(admission && { version: line(admission.nodeLibtorch) }) },
        ],
      },
      component,
    },
    ...(artifact.sidecars?.length && {
      components: artifact.sidecars.map((file, place) => sidecar(file, sidecarRef(component['bom-ref'], place))),
    }),
    dependencies: [
      {
        ref: component['bom-ref'],
        ...(artifact.sidecars?.length && {
          dependsOn: artifact.sidecars.map((_file, place) => sidecarRef(component['bom-ref'], place)),
        }),
      },
      ...(artifact.sidecars ?? []).map((_file, place) => ({ ref: sidecarRef(component['bom-ref'], place) })),
    ],
  };
}

function componentOf(record: ModelRecord, content: CardContent) {
  const { name, version, artifact, description, license, engine, created } = record;
  const { references, others } = externalReferences(record);
  return {
    type: 'machine-learning-model',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    ...(description !== undefined && { description: clean(description) }),
    hashes: [{ alg: 'SHA-256', content: artifact.sha256 }],
    ...(license !== undefined && { licenses: licenses(license) }),
    ...(references.length > 0 && { externalReferences: references }),
    modelCard: modelCard(record, content),
    properties: [
      property('artifact.file', artifact.file),
      property('artifact.bytes', artifact.bytes),
      property('engine', engine),
      property('created', created),
      ...others.map(([key, value]) => property(key, value)),
      ...admissionProperties(record),
    ],
  };
}

function modelCard(
  { signature, task, training, intendedUse }: ModelRecord,
  { pipeline, metrics, limits }: CardContent,
) {
  const format = (spec: unknown): object => ({
    format: line(`${(spec as TensorSpec).name}: ${describeSpec(spec as TensorSpec)}`),
  });
  return {
    modelParameters: {
      task: pipeline ?? task.type,
      ...(training && { datasets: [dataset(training)] }),
      inputs: signature.inputs.map(format),
      outputs: signature.outputs.map(format),
    },
    ...(metrics.length > 0 && {
      quantitativeAnalysis: {
        performanceMetrics: metrics.map(({ type, value, split }) => ({
          type: line(type),
          value: String(value),
          ...(split !== undefined && { slice: split }),
        })),
      },
    }),
    ...((intendedUse !== undefined || limits.length > 0) && {
      considerations: {
        ...(intendedUse !== undefined && { useCases: [clean(intendedUse)] }),
        ...(limits.length > 0 && { technicalLimitations: limits.map(clean) }),
      },
    }),
  };
}

function dataset({ dataset, datasetSha256 }: NonNullable<ModelRecord['training']>): object {
  const properties = datasetSha256 === undefined ? undefined : [property('sha256', datasetSha256)];
  return { type: 'dataset', name: line(dataset), ...(properties && { contents: { properties } }) };
}

function licenses(license: string): object[] {
  const id = spdxOf(license);
  if (id !== undefined) return [{ license: { id } }];
  return isExpression(license) ? [{ expression: license.trim() }] : [{ license: { name: line(license) } }];
}

function admissionProperties({ admission, sourceCommit, trainingStatistics }: ModelRecord): object[] {
  const stated: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ['sourceCommit', sourceCommit],
    ['trainingStatistics', trainingStatistics && countedText(trainingStatistics)],
    ['calibration', trainingStatistics && calibratedText(trainingStatistics)],
    ['admission.date', admission?.date],
    ['admission.runtime', admission?.runtime],
    ['admission.device', admission?.device],
    ['admission.rows', admission?.rows?.verdict],
    ['admission.stateful', admission?.state?.stateful],
    ['admission.deterministic', admission?.deterministic],
    ['admission.memory.peak', admission?.memory?.peak],
  ];
  return stated.flatMap(([name, value]) => (value === undefined ? [] : [property(name, value)]));
}

function sidecar({ file, bytes, sha256 }: { file: string; bytes: number; sha256: string }, ref: string): object {
  return {
    type: 'file',
    'bom-ref': ref,
    name: line(file),
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    properties: [property('bytes', bytes)],
  };
}

/** By their place: names that differ in what is not shown are two files. */
const sidecarRef = (model: string, place: number): string => `${model}#${place + 1}`;

/** Members that CycloneDX has no place for, under names of our own. */
function property(name: string, value: string | number | boolean): object {
  return { name: `node-libtorch:${name}`, value: line(String(value)) };
}

/** A UUID of version 8 from what the BOM is about: equal records have the same one, changed ones another. */
function serialNumber(identity: string, component: object): string {
  const hex = createHash('sha256').update(identity).update(JSON.stringify(component)).digest('hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
