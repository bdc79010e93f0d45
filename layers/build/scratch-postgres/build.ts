import { parseArgs } from 'node:util';
import { ConfigError, PgvouchError } from '../../backup/errors.ts';
import type { Architecture } from '../../debian/debian-packages.ts';
import { AWS_VARIABLES } from '../../settings/aws-variables.ts';
import { buildScratchLayer, type ScratchMajor, scratchVersions } from './layer.ts';

const USAGE =
  '[SCRATCH_MAJOR=15|16|17|18] npm run layers, or npm run layers -- [--arch amd64|arm64|all] [--major 15|16|17|18] [--state DIR]';

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
      // As it will be deployed.
      major: { type: 'string', default: process.env.SCRATCH_MAJOR || AWS_VARIABLES.SCRATCH_MAJOR?.default },
      state: { type: 'string', default: '.pgvouch' },
    },
  });
  const architectures = (['amd64', 'arm64'] as const).filter((known) => ['all', known].includes(values.arch));
  const major = Object.keys(scratchVersions).find((known) => known === values.major);
  if (architectures.length === 0) throw usage(`there is no architecture ${values.arch}`);
  if (major === undefined) throw usage(`there is no scratch server of PostgreSQL ${values.major}`);
  return { architectures, major: Number(major) as ScratchMajor, stateDir: values.state };
}

function usage(problem: string): ConfigError {
  return new ConfigError({ operation: 'read arguments', problem, hint: USAGE });
}
