/**
 * A database's name as one segment of a key: ASCII letters, digits, `-`, `_` and inner dots as they are, every other
 * byte of its UTF-8 as `!XX`. Exclamation marks are among the characters that S3 calls safe, and unlike `%` they cannot
 * be confused with the URL-encoding that notifications put on top.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export function encodeSegment(name: string): string {
  return Array.from(Buffer.from(name, 'utf8'), (byte, index) => {
    const char = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_-]/.test(char) || (char === '.' && index > 0);
    return plain ? char : `!${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** Undoes {@link encodeSegment}; undefined for a segment that it cannot have written. */
export function decodeSegment(segment: string): string | undefined {
  // Nearly all stand for themselves, and a listing has tens of thousands of them.
  if (/^[\w-][\w.-]*$/.test(segment)) return segment;
  const bytes = segment.replace(/!([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const name = Buffer.from(bytes, 'latin1').toString('utf8');
  return encodeSegment(name) === segment && name !== '' ? name : undefined;
}
