// --import: this user id has no entry in /etc/passwd, and HOME is not set, as containers run programs.
import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';

delete process.env.HOME;
os.homedir = () => {
  throw Object.assign(new Error('A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)'), {
    code: 'ERR_SYSTEM_ERROR',
  });
};
syncBuiltinESMExports();
