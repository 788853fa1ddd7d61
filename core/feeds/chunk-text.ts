/** How a long text is cut. Both in UTF-16 code units, as JavaScript counts. */
export interface Chunking {
  characters: number;
  overlap?: number | undefined;
}

/** Ends of sentences, best first, then of words. Looked for in the last part of a piece, so that pieces do not become tiny. */
const ENDS = [/\n\s*\n/g, /[.!?…。！？]["'”’»)\]]*(?=\s|$)|[。！？\n]/g, /\s+/g];

/**
 * Cuts a text into pieces of so many characters at most, at the ends of paragraphs, sentences or words where there are any in the second half
 * of a piece. Every character but space around the cuts is in one piece at least; each piece repeats up to `overlap` characters of the one before,
 * from the beginning of a word. A text that is short enough is its own only piece, as it is.
 */
export function chunkText(text: string, { characters, overlap = 0 }: Chunking): string[] {
  if (text.length <= characters) return [text];
  const pieces: string[] = [];
  let start = 0;
  for (;;) {
    const end = start + characters >= text.length ? text.length : endOfPiece(text, start, characters);
    const piece = text.slice(start, end).trim();
    if (piece !== '') pieces.push(piece);
    if (end === text.length) return pieces;
    const from = overlap === 0 ? end : wordFrom(text, Math.max(end - overlap, start + 1), end);
    // Space at the cut would count as characters of the next piece.
    start = from + /^\s*/.exec(text.slice(from, from + characters))![0].length;
    if (start >= text.length) return pieces;
  }
}

function endOfPiece(text: string, start: number, characters: number): number {
  const half = start + Math.ceil(characters / 2);
  const window = text.slice(half, start + characters);
  for (const ends of ENDS) {
    let found = -1;
    for (const match of window.matchAll(ends)) found = match.index + match[0].length;
    if (found > 0) return half + found;
  }
  return wholeCharacter(text, start + characters);
}

/** Where a word begins at `at` or behind it, before `end`; `at` where none does. */
function wordFrom(text: string, at: number, end: number): number {
  if (at > 0 && /\s/.test(text[at - 1]!)) return at;
  const space = /\s+/.exec(text.slice(at, end));
  return space === null || at + space.index + space[0].length >= end
    ? wholeCharacter(text, at)
    : at + space.index + space[0].length;
}

/** Never between the halves of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text[at] ?? '') && /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') ? at - 1 : at;
}
