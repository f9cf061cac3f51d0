import type { AddOptions } from '../record/options.js';

/** Licences of the hub that name none. */
const noLicenses = ['unknown', 'other', ''];
const mostDatasets = 10;

/**
 * What the hub's card states and the caller does not: the licence, and the data that the model was trained with. The rest of
 * a card is prose, or tags that say less than a record needs.
 */
export function statedByCard(
  card: Readonly<Record<string, unknown>>,
  { license, training, record = {} }: Pick<AddOptions, 'license' | 'training' | 'record'>,
): Pick<AddOptions, 'license' | 'training'> {
  const named = [card.license].flat().find((one) => isText(one) && !noLicenses.includes(one));
  const stated = named ?? (isText(card.license_name) ? card.license_name : undefined);
  const datasets = [card.datasets]
    .flat()
    .filter((one): one is string => isText(one) && /^[\w.-]+(?:\/[\w.-]+)?$/.test(one));
  const dataset = datasets
    .slice(0, mostDatasets)
    .map((one) => `hf:datasets/${one}`)
    .join(', ');
  return {
    ...(isText(stated) && license === undefined && record.license === undefined && { license: stated.slice(0, 200) }),
    ...(dataset !== '' &&
      dataset.length <= 200 &&
      training === undefined &&
      record.training === undefined && { training: { dataset } }),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
