// Every example of examples/, with what its answers must be.
//   main    the file whose header is followed; a path with a folder is an example with a package.json of its own
//   light   whether CI takes it
//   files   what a reader would have in the folder: paths here, by their names there
//   check   throws when an answer is wrong; `answers` has what each «Ask:» printed

import { express, fastify, workerHost, workerServer } from './cases/digits.mjs';

export const examples = [express, fastify, workerHost, workerServer];
