/** Which addresses a pull may connect to. */
import { expect } from 'chai';
import { isLinkLocal, isLoopback, isPublic } from '#dist/registry/pull/addresses.js';

/** By IANA's registries of special purposes: each range by its first, its last and one inner address. */
const notPublic = [
  ...[
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
  ],
  ...['169.254.0.0', '169.254.169.254', '169.254.255.255', '172.16.0.0', '172.31.255.255', '192.0.0.1', '192.0.2.1'],
  ...['192.168.0.0', '192.168.255.255', '198.18.0.0', '198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1'],
  ...[
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'febf::1',
    'fc00::1',
    'fdff::1',
    'ff02::1',
  ],
  ...[
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '::FFFF:10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
  ],
  ...['2001::1', '2001:db8::1', '100::1', 'fec0::1', '3fff::1', '::127.0.0.1', '::7f00:1'],
];
const anybodys = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...[
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
  ],
  ...['2600:9000::1', '2a00:1450:4001::1', '2001:4860:4860::8888', '::ffff:8.8.8.8', '::ffff:808:808'],
];

describe('addresses', () => {
  for (const address of notPublic) it(`${address} is not anybody's`, () => expect(isPublic(address)).to.equal(false));
  for (const address of anybodys) it(`${address} is public`, () => expect(isPublic(address)).to.equal(true));

  it('tells loopback and link-local', () => {
    const loopback = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'];
    const link = ['169.254.169.254', 'fe80::1', '::ffff:a9fe:a9fe'];
    expect([...loopback, ...link, '10.0.0.1', '8.8.8.8', '::'].filter(isLoopback)).to.deep.equal(loopback);
    expect(
      [...loopback, ...link, '10.0.0.1', '8.8.8.8', '::', 'example.com', 'localhost'].filter(isLinkLocal),
    ).to.deep.equal(link);
  });
});
