import type { Sign } from '../judge/backup-sign.ts';
import type { Level } from '../judge/level.ts';

/** What each sign says, as words that stand beside it. */
export const SIGN_WORDS: Readonly<Record<Sign, string>> = {
  restorable: 'restorable',
  readable: 'readable',
  intact: 'intact, not opened',
  retired: 'retired',
  waiting: 'not verified yet',
  unrestorable: 'unrestorable',
  corrupt: 'corrupt',
};

/** The small sign of a backup, of its own shape, so that no colour is needed to tell it; words always stand beside it. */
export function SignMark({ sign }: { sign: Sign | 'none' | 'band' }) {
  return (
    <svg class="sign" aria-hidden="true">
      <use href={`#${sign === 'corrupt' || sign === 'unrestorable' ? 'bad' : sign}`} />
    </svg>
  );
}

/** The sign of a database. */
export function LevelMark({ level }: { level: Level }) {
  return (
    <svg class="mark" aria-hidden="true">
      <use href={`#level-${level}`} />
    </svg>
  );
}

/** Drawn once, used by all marks of the page. */
export function Symbols() {
  return (
    <svg class="symbols" width="0" height="0" aria-hidden="true">
      <symbol id="restorable">
        <path class="day restorable" d="M5 0v10" />
      </symbol>
      <symbol id="readable">
        <path class="day readable" d="M5 0v10" />
        <path class="day hole" d="M5 0v10" />
      </symbol>
      <symbol id="retired">
        <path class="day retired" d="M5 0v10" />
        <path class="day hole wide" d="M5 0v10" />
      </symbol>
      <symbol id="intact">
        <path class="day intact" d="M5 0v10" />
        <path class="day hole" d="M5 0v10" />
      </symbol>
      <symbol id="waiting">
        <path class="day waiting" d="M5 0v10" />
      </symbol>
      <symbol id="bad">
        <path class="day bad" d="M1 1l8 8m0-8l-8 8" />
      </symbol>
      <symbol id="none">
        <path class="day none" d="M5 0v10" />
      </symbol>
      <symbol id="band">
        <path class="band" d="M5 -1v12" />
      </symbol>
      <symbol id="level-good" viewBox="0 0 20 20">
        <circle class="shape" cx="10" cy="10" r="10" />
        <path class="glyph" d="M5.5 10.5l3 3 6-6.5" />
      </symbol>
      <symbol id="level-attention" viewBox="0 0 20 20">
        <circle class="shape" cx="10" cy="10" r="10" />
        <path class="glyph" d="M10 5v5.5l3.5 2" />
      </symbol>
      <symbol id="level-trouble" viewBox="0 0 20 20">
        <path class="shape" d="M10 .5L20 18.5H0z" />
        <path class="glyph" d="M10 7v5.5M10 15.2v.6" />
      </symbol>
      <symbol id="level-unknown" viewBox="0 0 20 20">
        <circle class="shape" cx="10" cy="10" r="10" />
        <path class="glyph" d="M7.3 7.8a2.7 2.7 0 1 1 3.8 2.5c-.8.4-1.1.9-1.1 1.7M10 14.6v.6" />
      </symbol>
      <symbol id="level-idle" viewBox="0 0 20 20">
        <circle class="shape" cx="10" cy="10" r="10" />
        <path class="glyph" d="M6 10h8" />
      </symbol>
    </svg>
  );
}
