import { parseArgs } from 'node:util';
import { ConfigError, PgvouchError } from '../../backup/errors.ts';
import type { Architecture } from '../../debian/debian-packages.ts';
import { type DebianMajor, debianMajors } from '../../debian/postgresql.ts';
import { AWS_VARIABLES } from '../../settings/aws-variables.ts';
import { namesIn } from '../../settings/shapes.ts';
import { bytes } from '../../words/sizes.ts';
import { buildScratchLayer } from './layer.ts';

const USAGE =
  '[SCRATCH_MAJOR=15|17|18] [SCRATCH_EXTENSIONS=vector,postgis] [SCRATCH_LOCALES=de_DE.UTF-8] npm run layers, or npm run layers -- [--arch amd64|arm64|all] [--major 15|17|18] [--state DIR]';

try {
  const { architectures, major, stateDir } = readArguments();
  const contents = {
    extensions: namesIn(variable('SCRATCH_EXTENSIONS')),
    locales: namesIn(variable('SCRATCH_LOCALES')),
  };
  const mirror = process.env.DEBIAN_MIRROR || undefined;
  for (const architecture of architectures) {
    const layer = await buildScratchLayer({ major, architecture, ...contents, stateDir, mirror, lookEveryMs: 0 });
    const extensions = contents.extensions.filter((name) => !layer.left.includes(name));
    const what = [`PostgreSQL ${layer.version}`, ...extensions, ...contents.locales].join(', ');
    process.stdout.write(`${layer.dir}  ${what}  ${bytes(layer.sizeBytes)}\n`);
    if (layer.left.length > 0) process.stderr.write(`! ${noRoomFor(layer.left)}\n`);
    if (layer.lookFailure !== undefined)
      process.stderr.write(`! ${layer.dir} may be out of date: ${layer.lookFailure}\n`);
  }
} catch (error) {
  if (!(error instanceof PgvouchError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function noRoomFor(left: readonly string[]): string {
  return `no room on Lambda for ${left.join(', ')}: verify databases with them in a task (VERIFY_ON=fargate), see docs/aws.md`;
}

/** As it will be deployed. */
function variable(name: 'SCRATCH_MAJOR' | 'SCRATCH_EXTENSIONS' | 'SCRATCH_LOCALES'): string {
  return process.env[name] ?? AWS_VARIABLES[name]?.default ?? '';
}

function readArguments(): { architectures: readonly Architecture[]; major: DebianMajor; stateDir: string } {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: 'all' },
      major: { type: 'string', default: variable('SCRATCH_MAJOR') },
      state: { type: 'string', default: '.pgvouch' },
    },
  });
  const architectures = (['amd64', 'arm64'] as const).filter((known) => ['all', known].includes(values.arch));
  const major = debianMajors.find((known) => String(known) === values.major);
  if (architectures.length === 0) throw usage(`there is no architecture ${values.arch}`);
  if (major === undefined) throw usage(`there is no scratch server of PostgreSQL ${values.major}`);
  return { architectures, major, stateDir: values.state };
}

function usage(problem: string): ConfigError {
  return new ConfigError({ operation: 'read arguments', problem, hint: USAGE });
}
