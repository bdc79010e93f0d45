import { isGood, VERDICTS } from '../backup/verdict.ts';
import { bytes } from './sizes.ts';
import { duration } from './spans.ts';

/** Facts of a log line that are worth a place on a terminal, in this order. */
const SHOWN = ['database', 'verdict', 'sizeBytes', 'durationMs', 'reasons', 'action', 'problem'] as const;

/** One of the functions' JSON log lines for people; whatever is no such line stays as it is. */
export function formatLogLine(json: string): string {
  const facts = parse(json);
  if (facts === undefined) return json;
  const { time, level, msg, err } = facts;
  const merged = { ...facts, ...(typeof err === 'object' ? err : undefined) } as Record<string, unknown>;
  // Why a backup is good takes a line of its own, and the metrics and the verdict tell it too.
  if (VERDICTS.some((verdict) => verdict === merged.verdict && isGood(verdict))) delete merged.reasons;
  const shown = SHOWN.flatMap((name) => formatFact(name, merged[name]) ?? []);
  const mark = level === 'error' || level === 'fatal' ? '✗ ' : level === 'warn' ? '! ' : '';
  return `${String(time).slice(11, 19)} ${mark}${msg}${shown.length > 0 ? `: ${shown.join(', ')}` : ''}`;
}

function formatFact(name: (typeof SHOWN)[number], value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (name === 'sizeBytes') return bytes(Number(value));
  if (name === 'durationMs') return duration(Number(value));
  return Array.isArray(value) ? value.join(' ') : String(value);
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    const isLog = parsed !== null && typeof parsed === 'object' && 'msg' in parsed && 'level' in parsed;
    return isLog ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
