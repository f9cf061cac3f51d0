// Every example of examples/, with what its answers must be.
//   main    the file whose header is followed; a path with a folder is an example with a package.json of its own
//   light   whether CI takes it
//   python  the environment of scripts/python-beside.sh whose python3 the reader has; else that of scripts/python-env.sh
//   env     variables of its commands
//   before  what has to happen before its commands; what it gives is the check's `expected`
//   files   what a reader would have in the folder: paths here, by their names there
//   ends    how SIGTERM ends it, where that is not with exit code 0
//   check   throws when an answer is wrong; `answers` has what each «Ask:» printed

import { express, fastify, workerHost, workerServer } from './cases/digits.mjs';
import { client, nest, next } from './cases/typescript.mjs';
import { embeddings } from './cases/embeddings.mjs';
import { imageUpload } from './cases/pictures.mjs';
import { silero } from './cases/silero.mjs';
import { tabular } from './cases/tabular.mjs';

export const examples = [
  express,
  fastify,
  workerHost,
  workerServer,
  imageUpload,
  tabular,
  embeddings,
  silero,
  client,
  nest,
  next,
];
