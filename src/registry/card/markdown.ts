import { notStated, type Block, type Cell, type Fact } from './blocks.js';
import type { CardContent } from './content.js';
import { code, escapeLine, prose } from './text.js';

/** A card for people: GitHub's Markdown, which shows a stranger's text as text. */
export function markdownOf({ title, summary, sections }: CardContent): string {
  const parts = [`# ${escapeLine(title)}`, summary === undefined ? `Description: ${notStated}.` : prose(summary)];
  for (const section of sections) parts.push(`## ${section.title}`, ...section.blocks.map(markdown));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function markdown(block: Block): string {
  if (block.kind === 'prose')
    return block.text === undefined ? `${notStated.charAt(0).toUpperCase()}${notStated.slice(1)}.` : prose(block.text);
  if (block.kind === 'facts') return block.facts.map(factLine).join('\n');
  const { caption, columns, rows, codeColumns = [], more = 0 } = block;
  const text = (value: Cell, column: number): string => cell(value, codeColumns.includes(column));
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    row(columns.map((column) => escapeLine(column) || '(empty)')),
    row(columns.map(() => '---')),
    ...rows.map((cells) => row(cells.map(text))),
  ];
  return [
    ...(caption === undefined ? [] : [`**${escapeLine(caption) || '(empty)'}**\n`]),
    ...lines,
    ...(more > 0 ? [`\n… and ${more} more.`] : []),
  ].join('\n');
}

function factLine({ name, value, isCode = false, most }: Fact): string {
  return `- **${escapeLine(name) || '(empty)'}**: ${cell(value, isCode, most)}`;
}

function cell(value: Cell, isCode: boolean, most?: number): string {
  if (value === undefined) return notStated;
  if (typeof value !== 'string') return String(value);
  return isCode ? code(value, most) : escapeLine(value, most) || '(empty)';
}
