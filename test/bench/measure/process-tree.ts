import { readFileSync } from 'node:fs';

/** What the processes of one program used together. */
export interface Usage {
  /** User and system time. */
  readonly cpuS: number;
  /** The largest of them at its peak. */
  readonly peakRssBytes: number;
}

export interface TreeWatch {
  /** Ends the watching and tells what each program used, by its name. */
  end(): Record<string, Usage>;
}

/** Short against what is measured, and reading a few small files so often costs under a hundredth of a core. */
const EVERY_MS = 25;
/** Linux counts in these for everybody, whatever the kernel itself uses. @see proc(5), sysconf(_SC_CLK_TCK) */
const TICKS_A_SECOND = 100;

interface Seen {
  name: string;
  cpuTicks: number;
  peakRssBytes: number;
}

/**
 * Watches a process and all that descends from it, in /proc: the kernel's own counts of CPU time and of the peak of
 * resident memory (VmHWM). What a process uses in its last 25 ms is missed, and so are those that live shorter.
 */
export function watchTree(root: number): TreeWatch {
  const seen = new Map<number, Seen>();
  const look = () => visit(root, seen);
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      const programs: Record<string, Usage> = {};
      for (const { name, cpuTicks, peakRssBytes } of seen.values()) {
        const { cpuS = 0, peakRssBytes: peak = 0 } = programs[name] ?? {};
        programs[name] = {
          cpuS: cpuS + cpuTicks / TICKS_A_SECOND,
          peakRssBytes: Math.max(peak, peakRssBytes),
        };
      }
      return programs;
    },
  };
}

function visit(pid: number, seen: Map<number, Seen>): void {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's own name may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peakRssBytes = 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    // A process that has ended and is not yet waited for has no command line any more.
    const name = command === '' ? (seen.get(pid)?.name ?? '') : programName(command.split('\0'));
    seen.set(pid, {
      name,
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      peakRssBytes: Math.max(peakRssBytes, seen.get(pid)?.peakRssBytes ?? 0),
    });
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')) {
      if (child !== '') visit(Number(child), seen);
    }
  } catch {
    // It ended in between.
  }
}

/** Programs that came with a loader of their own are started by it, and say by `--argv0` who they are. */
function programName(argv: readonly string[]): string {
  const told = argv.indexOf('--argv0');
  const program = told < 0 ? argv[0] : argv[told + 1];
  return program?.split('/').at(-1) ?? '';
}
