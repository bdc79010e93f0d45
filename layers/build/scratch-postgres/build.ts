import { parseArgs } from 'node:util';
import { ConfigError, PgvouchError } from '../../backup/errors.ts';
import type { Architecture } from '../debian/debian-packages.ts';
import { buildScratchLayer, type ScratchMajor, scratchVersions } from './layer.ts';

const USAGE = 'tsx layers/build/scratch-postgres/build.ts [--arch amd64|arm64|all] [--major 15|16|17|18] [--state DIR]';

try {
  const { architectures, major, stateDir } = readArguments();
  for (const architecture of architectures) {
    const layer = await buildScratchLayer({ major, architecture, stateDir });
    process.stdout.write(`${layer.dir}  PostgreSQL ${layer.version}  ${Math.round(layer.sizeBytes / 1e6)} MB\n`);
  }
} catch (error) {
  if (!(error instanceof PgvouchError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function readArguments(): { architectures: readonly Architecture[]; major: ScratchMajor; stateDir: string } {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: 'all' },
      major: { type: 'string', default: '18' },
      state: { type: 'string', default: '.pgvouch' },
    },
  });
  const architectures = (['amd64', 'arm64'] as const).filter((known) => ['all', known].includes(values.arch));
  const major = Object.keys(scratchVersions).find((known) => known === values.major);
  if (architectures.length === 0 || major === undefined) {
    throw new ConfigError({ operation: 'read arguments', problem: 'unknown architecture or major', hint: USAGE });
  }
  return { architectures, major: Number(major) as ScratchMajor, stateDir: values.state };
}
