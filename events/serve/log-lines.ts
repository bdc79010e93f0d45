/** Who wrote a line: the function, its server if that has a name, and its invocation if it runs one at a time. */
export interface Writer {
  readonly server?: string;
  readonly name: string;
  readonly requestId?: string;
}

/** A line of a function's output as a JSON log line: its own with the writer added, or a warning around anything else. */
export function logLineOf(line: string, writer: Writer, now: Date): string {
  const fields = line.startsWith('{') ? readFields(line) : undefined;
  return JSON.stringify(fields ? { ...fields, ...writer } : { level: 'warn', time: now, msg: line, ...writer });
}

function readFields(line: string): object | undefined {
  try {
    return JSON.parse(line) as object;
  } catch {
    return undefined;
  }
}
