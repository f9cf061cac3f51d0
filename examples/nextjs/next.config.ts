import type { NextConfig } from 'next';

const config: NextConfig = {
  // The package has native modules and threads: Next leaves it in node_modules.
  serverExternalPackages: ['node-libtorch'],
  turbopack: { root: import.meta.dirname },
};

export default config;
