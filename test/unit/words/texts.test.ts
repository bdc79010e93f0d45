import { describe, expect, test } from 'vitest';
import { plain, shorten, visible } from '../../../layers/words/texts.ts';

describe('what others wrote', () => {
  test('long texts keep their beginning and their end', () => {
    expect(shorten('short', 10)).toBe('short');
    expect(shorten(`dump: ${'x'.repeat(500)} refused`, 30)).toBe(`dump: xxxx … ${'x'.repeat(12)} refused`);
    expect(shorten('😀'.repeat(40), 9)).toBe(`${'😀'.repeat(3)} … ${'😀'.repeat(6)}`);
  });

  test('what hides or turns text around is shown as something', () => {
    expect(visible('shop\u202egpj\u0000\u2066')).toBe('shop\ufffdgpj\ufffd\ufffd');
    expect(visible('über "ünïcode" 世界\nline')).toBe('über "ünïcode" 世界\nline');
  });

  test('or left out, where a message has no use for it', () => {
    expect(plain('shop\u202egpj\u0000\u2066\t1\nline')).toBe('shopgpj 1\nline');
  });

  test('how much is of the beginning may be said', () => {
    expect(shorten('x'.repeat(5) + 'y'.repeat(20), 10, 5)).toBe(`xxxxx … yyyyy`);
  });
});
