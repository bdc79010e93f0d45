import { parseArgs } from 'node:util';
import { ConfigError, PgvouchError } from '../../backup/errors.ts';
import type { Architecture, DownloadProgress } from '../../debian/debian-packages.ts';
import { bytes } from '../../words/sizes.ts';
import { buildPgClientLayer, type PgClientLayer, type PgClientMajor, pgClientMajors } from './layer.ts';

const USAGE = 'npm run layers -- [--arch amd64|arm64|all] [--major 15|17|18|all] [--state DIR]';

try {
  await build();
} catch (error) {
  if (!(error instanceof PgvouchError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** Builds the published layers, all of them by default, again where Debian has newer packages; prints their versions. */
async function build(): Promise<void> {
  const { architectures, majors, stateDir } = readArguments();
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () =>
      abort.abort(new ConfigError({ operation: 'build layers', problem: `ended by ${signal}` })),
    );
  }
  const layers: PgClientLayer[] = [];
  for (const architecture of architectures) {
    for (const major of majors) {
      const mirror = process.env.DEBIAN_MIRROR;
      const onProgress = progressLines();
      const lookEveryMs = 0;
      layers.push(
        await buildPgClientLayer({
          ...{ major, architecture, stateDir, mirror, onProgress, signal: abort.signal, lookEveryMs },
        }),
      );
    }
  }
  process.stdout.write(table(layers, new Date()));
  for (const { dir, lookFailure } of layers) {
    if (lookFailure !== undefined) process.stderr.write(`! ${dir} may be out of date: ${lookFailure}\n`);
  }
}

function readArguments(): { architectures: Architecture[]; majors: PgClientMajor[]; stateDir: string } {
  const options = {
    arch: { type: 'string', default: 'all' },
    major: { type: 'string', default: 'all' },
    state: { type: 'string', default: '.pgvouch' },
  } as const;
  let values: { arch: string; major: string; state: string };
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  const architectures = (['amd64', 'arm64'] as const).filter((known) => ['all', known].includes(values.arch));
  const majors = pgClientMajors.filter((known) => ['all', String(known)].includes(values.major));
  if (architectures.length === 0) throw usage(`there is no architecture ${values.arch}`);
  if (majors.length === 0) throw usage(`there is no client ${values.major}`);
  return { architectures, majors, stateDir: values.state };
}

function usage(problem: string): ConfigError {
  return new ConfigError({ operation: 'read arguments', problem, hint: USAGE });
}

/** A line for each tenth: what reads well in a log is enough for what is built once. */
function progressLines(): (progress: DownloadProgress) => void {
  let told = -1;
  return ({ what, doneBytes, totalBytes }) => {
    const tenth = totalBytes === 0 ? 0 : Math.floor((10 * doneBytes) / totalBytes);
    if (tenth === told) return;
    told = tenth;
    const total = totalBytes === 0 ? '' : ` of ${bytes(totalBytes)}`;
    process.stderr.write(`${what}: ${tenth * 10} %${total}\n`);
  };
}

function table(layers: readonly PgClientLayer[], now: Date): string {
  const rows = layers.map(({ dir, manifest }) => {
    const version = manifest.packages.find(({ name }) => name.startsWith('postgresql-client'))?.version ?? '';
    const days = Math.floor((now.getTime() - Date.parse(manifest.builtAt)) / 86_400_000);
    const built = `${manifest.builtAt.slice(0, 10)}, ${days} d old`;
    return [String(manifest.major), manifest.architecture, version, built, bytes(manifest.sizeBytes), dir];
  });
  const all = [['major', 'arch', 'version', 'built', 'size', 'directory'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
