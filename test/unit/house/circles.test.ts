import path from 'node:path';
import { expect, test } from 'vitest';
import { files, imports } from './files.ts';

test('no files import each other in a circle, not even their types', () => {
  expect(circlesOf(files, (file) => imports.get(file) ?? [])).toEqual([]);
});

test('no folders do either', () => {
  const rooms = [...new Set(files.map(path.posix.dirname))];
  const next = (room: string) => {
    const imported = files
      .filter((file) => path.posix.dirname(file) === room)
      .flatMap((file) => imports.get(file) ?? []);
    return [...new Set(imported.map(path.posix.dirname))].filter((one) => one !== room && rooms.includes(one));
  };
  expect(circlesOf(rooms, next)).toEqual([]);
});

test('a circle would be found', () => {
  const graph: Record<string, string[]> = { a: ['b'], b: ['c', 'zod'], c: ['d', 'b'], d: [] };
  expect(circlesOf(Object.keys(graph), (node) => graph[node] ?? [])).toEqual([['b', 'c', 'b']]);
});

/** Each circle once, from where a walk came upon it back to itself. */
function circlesOf(nodes: readonly string[], next: (node: string) => readonly string[]): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const walk = (node: string, way: readonly string[]) => {
    const seenAt = way.indexOf(node);
    if (seenAt >= 0) circles.push([...way.slice(seenAt), node]);
    if (seenAt >= 0 || done.has(node)) return;
    for (const one of next(node)) walk(one, [...way, node]);
    done.add(node);
  };
  for (const node of nodes) walk(node, []);
  return circles;
}
