/** Digits as people draw them: strokes of points on a pad whose sides are 1. */
import type { Page } from 'puppeteer-core';

type Stroke = readonly (readonly [x: number, y: number])[];

const arc = (cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke =>
  Array.from({ length: 17 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 16) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });

export const drawings: Readonly<Record<number, readonly Stroke[]>> = {
  0: [arc(0.5, 0.5, 0.2, 0.3, -90, 270)],
  1: [
    [
      [0.52, 0.18],
      [0.48, 0.82],
    ],
  ],
  3: [[...arc(0.48, 0.34, 0.17, 0.15, -150, 90), ...arc(0.48, 0.66, 0.19, 0.17, -90, 150)]],
  7: [
    [
      [0.28, 0.22],
      [0.7, 0.22],
      [0.45, 0.82],
    ],
  ],
};

/** Somewhere else and of another size: the console centres and scales it. */
export const smaller = (strokes: readonly Stroke[]): readonly Stroke[] =>
  strokes.map((stroke) => stroke.map(([x, y]) => [0.02 + x * 0.45, 0.5 + y * 0.45] as const));

interface Pen {
  down(x: number, y: number): Promise<void>;
  move(x: number, y: number): Promise<void>;
  up(): Promise<void>;
}

const pens: Readonly<Record<'mouse' | 'touch', (page: Page) => Pen>> = {
  mouse: ({ mouse }) => ({
    down: async (x, y) => {
      await mouse.move(x, y);
      await mouse.down();
    },
    move: (x, y) => mouse.move(x, y, { steps: 3 }),
    up: () => mouse.up(),
  }),
  touch: ({ touchscreen }) => ({
    down: async (x, y) => {
      await touchscreen.touchStart(x, y);
    },
    move: (x, y) => touchscreen.touchMove(x, y),
    up: () => touchscreen.touchEnd(),
  }),
};

export async function draw(page: Page, strokes: readonly Stroke[], by: 'mouse' | 'touch' = 'mouse'): Promise<void> {
  const pad = await page.waitForSelector('canvas.pad');
  await pad?.scrollIntoView();
  const box = await pad?.boundingBox();
  if (!box) throw new Error('The pad is not seen');
  const pen = pens[by](page);
  for (const stroke of strokes) {
    for (const [i, [x, y]] of stroke.entries()) {
      await pen[i === 0 ? 'down' : 'move'](box.x + x * box.width, box.y + y * box.height);
    }
    await pen.up();
  }
}
