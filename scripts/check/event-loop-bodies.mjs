// Bodies that are made to keep a server busy, of 4 MiB of JSON or 64 MiB of numbers unless they say otherwise.

import { setImmediate } from 'node:timers';
import { gzipSync } from 'node:zlib';

const limit = 4 * 2 ** 20;
const json = { 'content-type': 'application/json' };
const octets = { 'content-type': 'application/octet-stream' };
const open = '{"input_data":[';

/** A piece as often as it fits between two texts. */
function filled(before, piece, after = '', size = limit) {
  const count = Math.floor((size - Buffer.byteLength(before) - Buffer.byteLength(after)) / Buffer.byteLength(piece));
  return before + piece.repeat(count) + after;
}

/** JSON bodies by name: how each is made. */
export const texts = {
  '1,1,1,… broken at the end': () => filled(open, '1,'),
  '1,1,1,… too many numbers': () => filled(open, '1,', '1]}'),
  '0, broken': () => filled(open, '0,', 'x'),
  '1e1, broken': () => filled(open, '1e1,'),
  '-': () => filled(open, '-'),
  '[],[],…': () => filled(open, '[],', '[]]}'),
  '{},{},…': () => filled(open, '{},', '{}]}'),
  '"","",…': () => filled(open, '"",', '""]}'),
  'null,null,…': () => filled(open, 'null,', 'null]}'),
  'numbers, then [],[],…': () => filled(`${open}${'0,'.repeat(100_000)}`, '[],', '[]]}'),
  '{"a":{"a":…': () => filled('', '{"a":'),
  '[[[[…': () => filled(open, '['),
  '[[[[… as the body': () => filled('', '['),
  'one string as input_data': () => filled('{"input_data":"', 'a', '"}'),
  'a string never closed': () => filled('{"input_data":["', 'a'),
  'a string of escapes as the version': () => filled('{"input_data":[1],"model_version":"', '\\u0061', '"}'),
  'a key of megabytes': () => filled('{"', 'a', '":1}'),
  'a key of escapes': () => filled('{"', '\\u0061', '":1}'),
  'an unknown member with numbers': () => filled('{"x":[', '1,', '1],"input_data":[1]}'),
  'an unknown member behind numbers': () => filled(`${open}${'0,'.repeat(100_000)}0],"x":[`, '[],', '[]]}'),
  '100,000 keys': () => `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
  'batch_size again and again': () => filled('{"input_data":[1]', ',"batch_size":1', '}'),
  'input_data again and again': () => filled('{"input_data":[1]', ',"input_data":[1]', '}'),
  'input_data twice': () => {
    const half = filled('"input_data":[', '1,', '1]', limit / 2 - 2);
    return `{${half},${half}}`;
  },
  'spaces only': () => ' '.repeat(limit),
  'spaces in front': () => '{"input_data":[1]}'.padStart(limit),
  'spaces between numbers': () => filled(open, `1,${' '.repeat(998)}`, '1]}'),
  'one number of megabytes': () => filled(open, '1', ']}'),
  'one fraction of megabytes': () => filled(`${open}0.`, '1', ']}'),
  'one exponent of megabytes': () => filled(`${open}1e`, '1', ']}'),
  'numbers of 1,000 digits': () => filled(open, `0.${'1234567890'.repeat(100)},`, '1]}'),
  'numbers of 1,000 digits, escaped name': () =>
    filled('{"input_dat\\u0061":[', `0.${'1234567890'.repeat(100)},`, '1]}'),
  '784 numbers of 5,000 digits': () =>
    `${open}${Array(784)
      .fill(`0.${'1234567890'.repeat(500)}`)
      .join(',')}]}`,
  '128 rows, each number out of range': () =>
    `${open}${Array(100_352).fill('7.123456789012345678901234567890').join(',')}],"batch_size":128}`,
  '128 rows, each number beyond float32': () => `${open}${Array(100_352).fill('1e39').join(',')}],"batch_size":128}`,
  '128 rows that round into the range': () =>
    `${open}${Array(100_352).fill('1.00000000000000010000000000000000000000').join(',')}],"batch_size":128}`,
  'a BOM before valid rows': () => `\ufeff${validRows()}`,
  'valid rows': () => validRows(),
  'valid rows, escaped name': () => validRows().replace('input_data', 'input_dat\\u0061'),
};

function validRows() {
  const numbers = Array.from({ length: 100_352 }, (_, index) =>
    ((index * 0.6180339887498949) % 1).toFixed(17).padEnd(40, '1'),
  );
  return `${open}${numbers.join(',')}],"batch_size":128}`;
}

/** Chunks of one byte, written as they are sent. */
function tinyChunks(count) {
  return (req) => {
    req.flushHeaders();
    req.once('socket', (socket) => {
      const send = () => {
        const chunks = Buffer.from('1\r\n \r\n'.repeat(10_000));
        for (let sent = 0; sent < count; sent += 10_000) socket.write(chunks);
        socket.write('0\r\n\r\n');
      };
      if (socket.connecting) socket.once('connect', () => setImmediate(send));
      else setImmediate(send);
    });
  };
}

/** Many whole gzip members without content, and a broken end. */
function emptyMembers(size) {
  const member = gzipSync('');
  return Buffer.concat(Array(Math.floor(size / member.length)).fill(member));
}

/** @returns {{ name: string, headers: Record<string, string>, body: Buffer | string | ((req: import('node:http').ClientRequest) => void) }[]} */
export function eventLoopBodies() {
  const gzip = { 'content-encoding': 'gzip' };
  return [
    ...Object.entries(texts).map(([name, make]) => ({ name, headers: json, body: make() })),
    {
      name: 'invalid UTF-8 at the end',
      headers: json,
      body: Buffer.concat([Buffer.from(filled(open, '1,', '', limit - 1)), Buffer.from([0xff])]),
    },
    {
      name: 'gzip: 8 MiB broken at the end',
      headers: { ...json, ...gzip },
      body: gzipSync(filled(open, '1,', '', 2 * limit)),
    },
    { name: 'gzip: 4 MiB broken at the end', headers: { ...json, ...gzip }, body: gzipSync(filled(open, '1,')) },
    { name: 'gzip: 4 MiB of [],[],…', headers: { ...json, ...gzip }, body: gzipSync(filled(open, '[],', '[]]}')) },
    { name: 'gzip: 1 GiB', headers: { ...json, ...gzip }, body: gzipSync(Buffer.alloc(2 ** 30, ' ')) },
    { name: 'gzip: 200,000 empty members', headers: { ...json, ...gzip }, body: emptyMembers(limit) },
    { name: 'gzip: broken', headers: { ...json, ...gzip }, body: gzipSync(filled(open, '1,')).fill(7, 100, 200) },
    { name: 'numbers: 64 MiB, no whole rows', headers: octets, body: Buffer.alloc(64 * 2 ** 20 - 1) },
    { name: 'numbers: 64 MiB, too many rows', headers: octets, body: Buffer.alloc(3136 * 21_000) },
    { name: 'numbers: gzip of 64 MiB', headers: { ...octets, ...gzip }, body: gzipSync(Buffer.alloc(64 * 2 ** 20)) },
    { name: 'numbers: 128 rows of NaN', headers: octets, body: Buffer.alloc(3136 * 128, 0xff) },
    {
      name: '1,000,000 chunks of a byte',
      headers: { ...json, 'transfer-encoding': 'chunked' },
      body: tinyChunks(1_000_000),
    },
  ];
}
