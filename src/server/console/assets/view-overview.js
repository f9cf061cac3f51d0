/** The tab Overview of a version: what it is, what it takes and gives, what was measured. */
import { copyButton } from './copy.js';
import { h } from './dom.js';
import { bytes, count, duration, moment, percent, short, tensorText } from './format.js';

export function overviewView(model) {
  const { record } = model;
  return h(
    'div',
    { class: 'overview' },
    model.reason && h('p', { class: `notice${model.state === 'READY' ? '' : ' bad'}` }, model.reason),
    record?.description && h('p', { class: 'lead' }, record.description),
    tiles(record?.metrics),
    section('Version', facts(model)),
    model.inputs && section('Takes', tensors(model.inputs)),
    model.outputs && section('Gives', tensors(model.outputs)),
    record?.admission && section('Admission', admission(record.admission)),
    (model.warnings ?? []).map((text) => h('p', { class: 'notice' }, text)),
  );
}

const section = (title, ...children) => h('section', null, h('h2', null, title), children);

/** Numbers of the record; shares between 0 and 1 by their names. */
function tiles(metrics = {}) {
  const numbers = Object.entries(metrics).filter(([, value]) => typeof value === 'number');
  if (numbers.length === 0) return null;
  const shown = numbers.slice(0, 6).map(([name, value]) => {
    const isShare = /accuracy|precision|recall|f1|auc|share|rate/i.test(name) && value >= 0 && value <= 1;
    return h(
      'div',
      { class: 'tile' },
      h('dt', null, words(name)),
      h('dd', null, isShare ? percent(value) : short(value)),
    );
  });
  return h('dl', { class: 'tiles' }, shown);
}

/** `testAccuracy` as `Test accuracy`. */
function words(name) {
  const text = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function facts(model) {
  const { record = {}, digest, task, statistics } = model;
  return list({
    Digest: digest && [
      h('code', { class: 'digest', title: digest }, `${digest.slice(0, 12)}…`),
      copyButton(() => `sha256:${digest}`, 'digest'),
    ],
    Aliases: model.aliases?.length > 0 && model.aliases.join(', '),
    Task: task && `${task.type}${task.classes ? `, ${count(task.classes)} classes` : ''}`,
    Engine: model.engine,
    Device: model.device && (model.deviceReason ? `${model.device} (${model.deviceReason})` : model.device),
    Instances: model.instances,
    Precision: model.precision,
    'Rows of a batch': model.maxBatchSize && `up to ${count(model.maxBatchSize)}`,
    Size: record.bytes && bytes(record.bytes),
    Recorded: record.created && moment(record.created),
    Commit: record.sourceCommit && h('code', null, record.sourceCommit.slice(0, 12)),
    Source: record.source?.repository ?? record.source?.url,
    Licence: record.license,
    Answered: statistics && `${count(statistics.success)} calls, ${count(statistics.fail)} failed`,
  });
}

function admission(facts) {
  const { rows, state, deterministic, latency = [], memory, warnings = [] } = facts;
  return list({
    'Tried on': facts.date && `${moment(facts.date)}${facts.device ? `, ${facts.device}` : ''}`,
    Runtime: facts.runtime,
    Rows: rows && [rows.verdict, rows.reason && h('span', { class: 'hint' }, ` ${rows.reason}`)],
    State: state && (state.stateful ? `keeps state${state.reason ? `: ${state.reason}` : ''}` : 'none found'),
    'Equal outputs for equal inputs': deterministic !== undefined && (deterministic ? 'yes' : 'no'),
    'Time of one run':
      latency.length > 0 &&
      latency
        .map(
          ({ rows: n, median, p95 }) =>
            `${n} ${n === 1 ? 'row' : 'rows'}: ${duration(median)} (95 %: ${duration(p95)})`,
        )
        .join('; '),
    Memory: memory && `${bytes(memory.load)} for the load, ${bytes(memory.peak)} at the peak`,
    Warnings: warnings.length > 0 && warnings.join(' '),
  });
}

function list(entries) {
  const known = Object.entries(entries).filter(
    ([, value]) => value !== undefined && value !== false && value !== null && value !== '',
  );
  return h(
    'dl',
    { class: 'facts' },
    known.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
}

function tensors(specs) {
  return h(
    'ul',
    { class: 'tensors' },
    specs.map((spec) =>
      h(
        'li',
        null,
        h('code', null, spec.name),
        h('span', null, tensorText(spec)),
        spec.optional && h('span', { class: 'tag' }, 'optional'),
      ),
    ),
  );
}
