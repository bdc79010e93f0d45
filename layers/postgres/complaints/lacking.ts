/** Whether a server says that it was built without something, or that its machine lacks a library. It stays so on this one. */
export function saysLacking(text: string): boolean {
  return LACKING.test(text);
}

const LACKING =
  /could not access file "|could not load library|is incompatible with operating system|not supported by (this )?build/;
