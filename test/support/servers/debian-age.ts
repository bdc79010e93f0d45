import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { debianProgram } from './debian-program.ts';

const run = promisify(execFile);

/** Debian's age and age-keygen: what a person has who has nothing of ours. */
export async function debianAge() {
  const age = await debianProgram({ name: 'age', file: 'usr/bin/age' });
  const words = [age.command, ...age.args];
  const keygen = path.join(path.dirname(age.file), 'age-keygen');
  const call = async (program: string, args: readonly string[]) => {
    const [command = '', ...before] = [...words.slice(0, -1), program];
    return run(command, [...before, ...args]);
  };
  return {
    /** An identity in a file, and its recipient. */
    async newKey(file: string): Promise<string> {
      await call(keygen, ['-o', file]);
      return (await call(keygen, ['-y', file])).stdout.trim();
    },
    encrypt: (recipients: readonly string[], file: string, to: string) =>
      call(age.file, [...recipients.flatMap((one) => ['-r', one]), '-o', to, file]),
    decrypt: (identity: string, file: string, to: string) => call(age.file, ['-d', '-i', identity, '-o', to, file]),
    /** Writes a program `age` into a folder, for scripts. */
    put(folder: string): void {
      writeFileSync(path.join(folder, 'age'), `#!/bin/sh\nexec '${words.join("' '")}' "$@"\n`, { mode: 0o755 });
    },
  };
}
