import { deepEqual, equal, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Without Python, a model of two classes: how red and how blue a picture is. */
const twoClasses = { 'resnet18.pt2': 'test/fixtures/tasks/pictures.pt2' };
const photo = { 'cat.jpg': 'test/fixtures/images/turned.jpg' };

export const imageUpload = {
  name: 'image-upload',
  main: 'image-upload/server.mjs',
  light: true,
  python: 'images',
  files: (light) => ({ ...photo, ...(light && twoClasses) }),
  env: (folder) => ({ TORCH_HOME: join(folder, 'torch-home') }),
  async before({ folder, light, python }) {
    if (light) writeFileSync(join(folder, 'labels.txt'), 'red\nblue\n');
    else return JSON.parse(await python('scripts/examples/resnet18.py', join(folder, 'torch-home'), 'cat.jpg'));
  },
  async check({ answers, url, light, expected }) {
    const best = JSON.parse(answers[0]);
    if (light) {
      deepEqual(best.map(({ label }) => label).sort(), ['blue', 'red']);
      ok(Math.abs(best[0].score + best[1].score - 1) < 1e-6);
    } else {
      deepEqual(
        best.map(({ label }) => label),
        expected.map(({ label }) => label),
      );
      for (const [i, { score }] of best.entries()) ok(Math.abs(score / expected[i].score - 1) < 1e-3, `${score}`);
    }
    equal((await send(url, new Blob(['no picture']))).code, 'ERR_INVALID_IMAGE');
    equal((await send(url)).status, 400);
  },
};

async function send(url, photo) {
  const body = new FormData();
  if (photo) body.set('photo', photo, 'photo.jpg');
  else body.set('title', 'no photo');
  const answer = await fetch(`${url}/classify`, { method: 'POST', body });
  return { status: answer.status, ...(await answer.json()) };
}
