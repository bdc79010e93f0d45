import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { LONG_FILES } from './long-files.ts';

/** Those that need no server come last: each takes a moment, and together they fill what the others leave. */
const UNIT = 'test/unit/';

/** Vitest's own order goes by the size of a file, which says little of its time. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      if (moduleId.includes(UNIT)) return LONG_FILES.length + 1;
      const place = LONG_FILES.findIndex((file) => moduleId.endsWith(`/${file}`));
      return place < 0 ? LONG_FILES.length : place;
    };
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b));
  }
}
