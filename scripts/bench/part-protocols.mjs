import { engines } from '../../benchmarks/lib/engines.mjs';
import { markdownTable, short } from '../../benchmarks/lib/table.mjs';
import { barChart } from './svg.mjs';
import { image } from './page.mjs';

/** Less than this share of what it is compared with is a loss that is told. */
const clearly = 0.95;

function digitTable(found, titles) {
  const rows = found
    .filter(({ connections }) => connections === 64)
    .map((many) => {
      const one = found.find(
        ({ engine, protocol, connections }) =>
          connections === 1 && engine === many.engine && protocol === many.protocol,
      );
      return [
        `${engines[many.engine].title}, ${titles[many.protocol]}`,
        ...[many.perSecond, many.ratio, many.p50Ms, many.p99Ms, many.cpuUs, one.p50Ms, one.p99Ms, one.cpuUs].map(short),
        ...[many.clientCores, Math.max(many.foreignCores, one.foreignCores)].map(short),
      ];
    });
  const heading = [
    'engine, protocol',
    'requests/s',
    '× the first',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'p50 at 1',
    'p99 at 1',
    'CPU at 1',
  ];
  return markdownTable([[...heading, 'client cores', 'foreign cores'], ...rows]);
}

function imageTable(found) {
  const rows = found.map((each) => [
    `${each.model}, ${each.server}`,
    String(each.connections),
    ...[each.perSecond, each.ratio, each.p50Ms, each.p99Ms, each.cpuUs, each.foreignCores].map(short),
  ]);
  const heading = ['600 KB', 'connections', 'requests/s', '× bare', 'p50 ms', 'p99 ms', 'CPU µs', 'foreign cores'];
  return markdownTable([heading, ...rows]);
}

/** What is slower than what a reader would have taken in its place: by protocol on TorchScript, by engine on the same protocol. */
function lossesOf({ digit = [], image: images = [] }, titles) {
  const many = digit.filter(({ connections }) => connections === 64);
  // Ratios to the first, which were taken within rounds.
  const rate = (engine, protocol) => many.find((each) => each.engine === engine && each.protocol === protocol)?.ratio;
  const protocols = [...new Set(many.map(({ protocol }) => protocol))];
  const share = (found, other) => (found < clearly * other ? short(found / other) : undefined);
  const ofProtocols = protocols.flatMap((protocol) => {
    const lost = share(rate('torchscript', protocol), rate('torchscript', 'predict'));
    return lost
      ? [`${titles[protocol]}: ${lost}× the requests/s of ${titles.predict}, the same digit at 64 connections`]
      : [];
  });
  const ofEngines = Object.keys(engines).flatMap((engine) => {
    const lost = protocols.flatMap((protocol) => {
      const found = share(rate(engine, protocol), rate('torchscript', protocol));
      return found ? [`${found}× (${titles[protocol]})`] : [];
    });
    return lost.length > 0
      ? [`${engines[engine].title} behind the server: ${lost.join(', ')} of TorchScript’s requests/s`]
      : [];
  });
  const ofImages = images
    .filter(({ ratio }) => ratio < clearly)
    .map(
      ({ model, connections, ratio }) =>
        `\`run()\` behind bare \`node:http\`, 600 KB to ${model}, connections: ${connections}: ${short(ratio)}× its requests/s`,
    );
  return [...ofProtocols, ...ofEngines, ...ofImages];
}

export function protocolsPart({ results, titles, rounds, seconds }) {
  const { digit = [], image: images = [] } = results;
  const many = digit.filter(({ connections }) => connections === 64);
  const chart = barChart({
    title: 'One digit, 64 connections, by engine and protocol',
    unit: 'requests/s, more is better',
    bars: many.map(({ engine, protocol, perSecond }) => ({
      label: `${engines[engine].title}, ${titles[protocol]}`,
      value: perSecond,
      own: true,
      note: short(perSecond),
    })),
  });
  const text = `${image('protocols', 'requests per second by engine and protocol')}

The digit network with random weights as a file of each engine, in one server that holds all three; one row a request, in ${rounds}
alternated rounds of ${seconds} s. Clients send ready-made bytes over bare sockets, those of gRPC over \`node:http2\` with the tensor in
\`raw_input_contents\`: a client library costs more. One connection a client, also for gRPC.

${digitTable(digit, titles)}${
    images.length > 0
      ? `

An image of 600 KB as a binary tensor, against \`run()\` behind bare \`node:http\`, which checks nothing:

${imageTable(images)}`
      : ''
  }`;
  return { title: 'Protocols and engines', text, charts: { protocols: chart }, losses: lossesOf(results, titles) };
}
