import fc from 'fast-check';
import { chunkText } from '../../../core/feeds/chunk-text';

test('a text that is short enough stays as it is', () => {
  expect(chunkText('  a text \n', { characters: 50 })).toEqual(['  a text \n']);
});

test('cuts at ends of paragraphs, then sentences, then words', () => {
  const sentence = 'The art of medicine aims at health. ';
  expect(chunkText(sentence.repeat(4), { characters: 100 })).toEqual([
    sentence.repeat(2).trim(),
    sentence.repeat(2).trim(),
  ]);
  expect(chunkText(`${'word '.repeat(30)}`, { characters: 52 })[0]).toBe('word '.repeat(10).trim());
  const paragraphs = `${sentence.repeat(2)}\n\n${sentence.repeat(2)}`;
  expect(chunkText(paragraphs, { characters: 110 })).toEqual([sentence.repeat(2).trim(), sentence.repeat(2).trim()]);
});

test('a piece repeats the end of the one before, from the beginning of a word', () => {
  const words = Array.from({ length: 60 }, (_, i) => `w${String(i).padStart(3, '0')}`);
  const pieces = chunkText(words.join(' '), { characters: 60, overlap: 20 });
  for (const [i, piece] of pieces.slice(1).entries()) {
    const first = piece.split(' ')[0]!;
    expect(pieces[i]!.split(' ').slice(-4)).toContain(first);
  }
});

test('pieces are short enough, in order, without half characters, and hold every word', () => {
  const unit = fc.constantFrom(
    'a',
    'bc',
    'é',
    '😀',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '. ',
    '! ',
    '。',
    'longerword',
    'x'.repeat(70),
  );
  const text = fc.array(unit, { maxLength: 120 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 50, max: 90 }),
      fc.integer({ min: 0, max: 25 }),
      (whole, characters, overlap) => {
        const pieces = chunkText(whole, { characters, overlap });
        for (const piece of pieces) {
          if (pieces.length > 1) expect(piece.length).toBeLessThanOrEqual(characters);
          expect(piece).not.toMatch(/\p{Surrogate}/u);
          expect(whole).toContain(piece);
        }
        const bare = (text: string) => text.replace(/\s+/g, '');
        const apart = chunkText(whole, { characters });
        expect(bare(apart.join(''))).toBe(bare(whole));
        // Overlapping ones hold more, and end alike.
        expect(bare(pieces.join('')).length).toBeGreaterThanOrEqual(bare(whole).length);
        expect(bare(whole).endsWith(bare(pieces.at(-1) ?? ''))).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});
