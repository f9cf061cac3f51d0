// Examples that serve the digit model: its digit is a seven, whichever way it is asked.

import { equal, ok } from 'node:assert/strict';

/** The answer of /predict. */
function seven(answer) {
  const { predictions, confidence_scores } = JSON.parse(answer);
  equal(predictions[0], 7);
  ok(confidence_scores[0] > 0.99);
}

/** The three best classes, with their scores. */
function bestSeven(answer) {
  const best = JSON.parse(answer);
  equal(best.length, 3);
  equal(best[0].label, '7');
  ok(best[0].score > 0.99 && best[1].score < 0.01);
}

async function lists(url, route) {
  const { models } = await (await fetch(`${url}${route}`)).json();
  ok(
    models.some((model) => /mnist-mlp/.test(model.name ?? model)),
    JSON.stringify(models),
  );
}

export const express = {
  name: 'express',
  main: 'express.mjs',
  light: true,
  check({ answers: [mounted, own] }) {
    seven(mounted);
    bestSeven(own);
  },
};

export const fastify = {
  name: 'fastify',
  main: 'fastify.mjs',
  light: true,
  async check({ answers, url }) {
    seven(answers[0]);
    await lists(url, '/');
  },
};

export const workerHost = {
  name: 'worker-host',
  main: 'worker-host.mjs',
  light: true,
  async check({ answers, url }) {
    bestSeven(answers[0]);
    const refused = await fetch(url, { method: 'POST', body: '{"input_data": [1, 2]}' });
    equal((await refused.json()).code, 'ERR_INVALID_SHAPE');
  },
};

export const workerServer = {
  name: 'worker-server',
  main: 'worker-server.mjs',
  light: true,
  async check({ answers, url }) {
    seven(answers[0]);
    await lists(url, '/v1/models');
  },
};
