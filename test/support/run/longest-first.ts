import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole systems and campaigns take longest: begun last, one of them would keep a core waiting for minutes. */
const ORDER = ['test/faults/', 'test/e2e/', 'test/integration/', 'test/unit/'];

/** Vitest's own order goes by the size of a file, which says nothing of its time. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => ORDER.findIndex((folder) => moduleId.includes(folder));
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b));
  }
}
